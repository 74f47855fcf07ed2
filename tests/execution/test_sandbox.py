"""The box: each thing that a hostile notebook may try from inside, tried."""

import os
import socket
import sys
import threading
from types import SimpleNamespace

import nbformat
import pytest

from autograder.assignments import ROOT
from autograder.execution import sandbox as boxes
from autograder.execution.limits import MIB, Limits
from autograder.execution.notebook import execute
from autograder.execution.sandbox import SandboxUnavailable, sandbox_available

LIMITS = Limits(cell_seconds=20, disk_bytes=8 * MIB, file_bytes=4 * MIB)

pytestmark = pytest.mark.usefixtures("sandbox")


def said(*sources: str) -> list[str]:
    """What each cell prints when run in the box."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    execution = execute(nbformat.v4.new_notebook(cells=cells), {"a.json": "[]"}, limits=LIMITS)
    assert execution.events == ()
    return [
        "".join(output.get("text", "") or output.get("evalue", "") for output in cell.outputs)
        for cell in execution.notebook.cells
    ]


def tried(expression: str) -> str:
    """A cell that prints what an expression gives, or the kind of error that it raises."""
    return (
        f"try:\n    print('got', {expression})\nexcept Exception as error:\n    print('refused', type(error).__name__)"
    )


FORBIDDEN_READS = [
    f"open({str(ROOT / 'solutions' / 'grokking.py')!r}).read()",
    f"open({str(ROOT / 'autograder' / 'score.py')!r}).read()",
    f"open({str(ROOT / 'tests' / 'conftest.py')!r}).read()",
    f"open({str(ROOT / '.git' / 'HEAD')!r}).read()",
    f"open({str(ROOT / 'pyproject.toml')!r}).read()",
    "open('/etc/shadow').read()",
    "open('/etc/hostname').read()",
    "open('/proc/1/environ').read() and open('/proc/kcore', 'rb').read(1)",
    "__import__('autograder.scoring.verdicts')",
    "__import__('solutions')",
]


def test_nothing_that_holds_answers_can_be_read():
    results = said(*map(tried, FORBIDDEN_READS))
    assert all(result.startswith("refused") for result in results), list(zip(FORBIDDEN_READS, results, strict=True))


def test_the_repository_shows_the_given_code_only():
    listed = said(f"import os; print(sorted(os.listdir({str(ROOT)!r})))")[0]
    allowed = {"course_utils", ".venv"} if str(ROOT) in sys.prefix else {"course_utils"}
    assert set(eval(listed)) <= allowed


def test_the_environment_holds_no_secret(monkeypatch):
    monkeypatch.setenv("GRADER_SECRET", "hunter2")
    assert "hunter2" not in said("import os; print(dict(os.environ))")[0]


def test_only_its_own_processes_are_seen():
    listed = said("import os; print([p for p in os.listdir('/proc') if p.isdigit()])")[0]
    assert len(eval(listed)) <= 3
    assert str(os.getpid()) not in eval(listed)


def test_no_network_not_even_the_hosts_own():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        heard = []
        threading.Thread(target=lambda: heard.append(server.accept()), daemon=True).start()
        results = said(
            "import socket",
            tried(f"socket.create_connection(('127.0.0.1', {port}), 2)"),
            tried("socket.create_connection(('192.0.2.1', 80), 2)"),
            tried("socket.getaddrinfo('example.org', 80)"),
            tried("sorted(name for _, name in socket.if_nameindex())"),
        )
    assert [result.split()[0] for result in results[1:4]] == ["refused"] * 3
    assert results[4].strip() == "got ['lo']"
    assert heard == []


def test_abstract_sockets_of_the_host_cannot_be_reached():
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0course-kit-test")
        server.listen()
        reach = "(lambda s: s.connect('\\0course-kit-test'))(socket.socket(socket.AF_UNIX))"
        assert said("import socket", tried(reach))[1].startswith("refused")


@pytest.mark.parametrize("folder", [str(ROOT / "course_utils"), sys.prefix, "/usr", "/", "/etc", "/dev"])
def test_nothing_outside_can_be_written(folder):
    path = os.path.join(folder, "planted-by-a-test")
    assert said(tried(f"open({path!r}, 'w').write('x')"))[0].startswith("refused")
    assert not os.path.exists(path)


def test_the_cases_cannot_be_changed():
    assert said(tried("open(__import__('os').environ['COURSE_KIT_CASES'] + '/a.json', 'w')"))[0].startswith("refused")


def test_it_has_no_rights_and_cannot_make_new_namespaces():
    rights = "[line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')]"
    unshare = "__import__('ctypes').CDLL(None, use_errno=True).unshare(0x10000000)"
    results = said(f"print({rights})", f"print({unshare})", "import os; print(os.getuid())")
    assert set(eval(results[0])[:3]) == {"0000000000000000"}
    assert results[1].strip() == "-1"
    assert results[2].strip() != "0"


@pytest.mark.parametrize("folder", ["/tmp", "/home/student", "/dev/shm"])
def test_disks_fill_up_inside_only(folder):
    fill = (
        "import os\nwritten = 0\ntry:\n    for n in range(100):\n"
        f"        with open(f'{folder}/{{n}}', 'wb') as file:\n            written += file.write(bytes(2**20))\n"
        "except OSError as error:\n    print('stopped', error.errno, written <= 8 * 2**20)"
    )
    assert said(fill)[0].strip() == "stopped 28 True"


def test_one_file_and_the_number_of_open_files_have_limits():
    results = said(
        tried("open('/tmp/large', 'wb').write(bytes(6 * 2**20)) or 1"),
        "files = []\ntry:\n    while True: files.append(open('/dev/null'))\nexcept OSError as error:\n    print(error.errno, len(files) < 300)\ndel files",
    )
    assert results[0].startswith("refused") or "got 4" in results[0]
    assert results[1].strip() == "24 True"


def test_two_kernels_at_the_same_time_see_nothing_of_each_other():
    from concurrent.futures import ThreadPoolExecutor

    probe = (
        "import os, time\nopen('/tmp/mine', 'w').close(); open('/dev/shm/mine', 'w').close(); time.sleep(2)\n"
        "print([p for p in os.listdir('/tmp') if p == 'mine'], os.listdir('/dev/shm'), "
        "len([p for p in os.listdir('/tmp') if p.startswith('ck')]))"
    )
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: said(probe)[0].strip(), range(2)))
    assert results == ["['mine'] ['mine'] 1"] * 2


def test_a_kit_that_lies_in_a_writable_folder_is_seen_all_the_same(monkeypatch, tmp_path):
    package = tmp_path / "course_utils"
    package.mkdir()
    (package / "__init__.py").write_text("HERE = 'in tmp'\n")
    monkeypatch.setattr(boxes, "course_utils", SimpleNamespace(__file__=str(package / "__init__.py")))
    assert tmp_path.is_relative_to("/tmp")
    assert said("import course_utils; print(course_utils.HERE)") == ["in tmp\n"]


def test_where_no_sandbox_can_be_had_the_message_says_why_and_what_to_do(monkeypatch):
    monkeypatch.setattr(boxes.sys, "platform", "darwin")
    with pytest.raises(SandboxUnavailable, match="needs Linux, and this is darwin.*--unsandboxed"):
        sandbox_available()


def test_a_box_that_cannot_start_is_found_before_any_grading(monkeypatch):
    monkeypatch.setattr(boxes, "_bubblewrap", lambda: "/bin/false")
    with pytest.raises(SandboxUnavailable, match="exit status 1"):
        sandbox_available()
