"""What the README and the cards of the data show runs as it stands, and the commands of all documents are there."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
CARDS = sorted((ROOT / "course_utils" / "data").rglob("README.md"))
COMMAND = re.compile(r"python -m ((?:course_utils|autograder|benchmarks|docs)(?:\.[a-z_]+)*)")
FOLDERS = ("course_utils", "autograder", "benchmarks", "docs", "solutions")
TEXTS = [path for path in sorted(ROOT.rglob("*.md")) if not {".venv", "demo-course"} & set(path.parts)]
TEXTS += [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
WITH_COMMANDS = [path for path in TEXTS if COMMAND.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL))
def test_code_runs(code, capsys):
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    table = names["table"]
    assert len(table) == 12 and not table.attrs["errors"]
    assert table["pun.largest_head_effect"].iloc[-1] > 0.5
    assert "from -" in capsys.readouterr().out


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.parent.name)
def test_code_of_a_card_runs(card):
    for code in re.findall(r"```python\n(.*?)```", card.read_text(), flags=re.DOTALL):
        exec(compile(code, str(card), "exec"), {})


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_that_a_text_gives_are_there_and_do_something(path):
    for module in COMMAND.findall(path.read_text(encoding="utf-8")):
        found = find_spec(module)
        assert found is not None, f"python -m {module}"
        if found.submodule_search_locations:
            assert find_spec(f"{module}.__main__") is not None, f"python -m {module}"
        else:
            assert 'if __name__ == "__main__":' in Path(found.origin).read_text(), f"python -m {module}"


def test_files_that_it_links_to_exist():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text())
    assert len(links) > 5
    for link in links:
        assert (README.parent / link).exists(), f"README.md links to {link}"
