"""What the skipping of unchanged slow tests promises: nothing is skipped that could come out differently."""

import pytest

from tests import unchanged

pytest_plugins = "pytester"

SLOW_TEST = "import time\ndef test_a(): time.sleep(0.3)\ndef test_b(): assert {outcome}\n"


@pytest.fixture
def project(pytester):
    """A small project that uses the plugin, in which more than a tenth of a second is slow."""
    root = str(unchanged.ROOT)
    pytester.makeconftest(
        f"import sys; sys.path.insert(0, {root!r})\n"
        "from tests import unchanged\nfrom pathlib import Path\nunchanged.SLOW = 0.1\n"
        "def pytest_addoption(parser): parser.addoption('--again', action='store_true')\n"
        "def pytest_configure(config):\n"
        "    now = unchanged.digest(Path.cwd(), ('sources',))\n"
        "    config.pluginmanager.register(unchanged.Unchanged(config, now))\n"
    )
    pytester.makefile(".txt", **{"sources/data": "1"})
    return pytester


def test_a_slow_file_that_passed_is_skipped_until_a_byte_changes(project):
    project.makepyfile(test_slow=SLOW_TEST.format(outcome=True), test_quick="def test_c(): pass\n")
    project.runpytest_subprocess().assert_outcomes(passed=3)
    project.runpytest_subprocess().assert_outcomes(passed=1, skipped=2)
    (project.path / "sources" / "data.txt").write_text("2")
    project.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_file_with_a_failure_is_run_again_whole(project):
    project.makepyfile(test_slow=SLOW_TEST.format(outcome=False))
    for _ in range(2):
        project.runpytest_subprocess().assert_outcomes(passed=1, failed=1)


def test_two_processes_remember_together(project):
    project.makepyfile(test_slow=SLOW_TEST.format(outcome=True), test_other=SLOW_TEST.format(outcome=False))
    parallel = ("-n", "2", "--dist", "loadfile")
    project.runpytest_subprocess(*parallel).assert_outcomes(passed=3, failed=1)
    project.runpytest_subprocess(*parallel).assert_outcomes(passed=1, failed=1, skipped=2)


def test_a_part_of_a_file_counts_for_nothing(project):
    project.makepyfile(test_slow=SLOW_TEST.format(outcome=False))
    project.runpytest_subprocess("-k", "test_a").assert_outcomes(passed=1, deselected=1)
    project.runpytest_subprocess("test_slow.py::test_a").assert_outcomes(passed=1)
    project.runpytest_subprocess().assert_outcomes(passed=1, failed=1)


def test_again_runs_everything(project):
    project.makepyfile(test_slow=SLOW_TEST.format(outcome=True))
    project.runpytest_subprocess().assert_outcomes(passed=2)
    project.runpytest_subprocess("--again").assert_outcomes(passed=2)


def test_the_digest_sees_names_contents_and_new_files(tmp_path):
    (tmp_path / "folder").mkdir()
    seen = {unchanged.digest(tmp_path, ("folder",))}
    for name, text in (("a", "1"), ("a", "2"), ("b", "2")):
        (tmp_path / "folder" / name).write_text(text)
        seen.add(unchanged.digest(tmp_path, ("folder",)))
    assert len(seen) == 4
