"""What the README shows runs as it stands."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL))
def test_code_runs(code, capsys):
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    table = names["table"]
    assert len(table) == 12 and not table.attrs["errors"]
    assert table["pun.largest_head_effect"].iloc[-1] > 0.5
    assert "from -" in capsys.readouterr().out


def test_files_that_it_links_to_exist():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text())
    assert len(links) > 5
    for link in links:
        assert (README.parent / link).exists(), f"README.md links to {link}"
