"""The instructors' page tells the points, rubrics and misconceptions that the solved scripts have, and is found stale otherwise."""

import pytest

from autograder.assignments import ROOT, Assignment, all_assignments
from autograder.authoring.instructors_page import BEGIN, END, page_path, stale_section, with_section, write_section
from tests.helpers.tiny_repository import SCRIPT, make_repository

PAGE = f"# Page\n\nbefore\n{BEGIN}\nold\n{END}\nafter\n"


@pytest.fixture
def tiny(tmp_path):
    assignment = Assignment("tiny", make_repository(tmp_path))
    page_path(tmp_path).write_text(PAGE)
    return assignment


def test_the_page_that_ships_is_what_the_solved_scripts_give():
    assert stale_section(all_assignments()) == []
    text = page_path().read_text(encoding="utf-8")
    for assignment in all_assignments():
        for folder in (ROOT / "solutions" / "misconceptions" / assignment.name).iterdir():
            for variant in assignment.misconceptions(folder.name):
                assert variant.cause in text, variant.path


def test_a_section_holds_points_misconceptions_and_rubrics(tiny):
    page = with_section(PAGE, [tiny])
    assert page.startswith("# Page\n\nbefore\n") and page.endswith(f"{END}\nafter\n") and "old" not in page
    assert "### `tiny`: 3 points" in page
    assert "1 exercises, 2 points, graded by machine; 1 written answers, 1 points, graded by hand." in page
    assert "**1.1 Double a number** (`doubled_value`, 2 points)" in page
    assert [line for line in page.splitlines() if line.startswith("- ")] == [
        "- *add one*: About add_one.",
        "- *half*: About half.",
        "- *same*: About same.",
        "- *square*: About square.",
    ]
    assert "> Why?" in page and "One point for any reason." in page
    assert "Because." not in page  # the model answer is in formgrader, beside the student's own


def test_a_change_of_a_script_makes_the_page_stale_until_it_is_built(tiny):
    assert stale_section([tiny], tiny.root) == [
        "autograder/INSTRUCTORS.md:4: the exercises are not those of the solved scripts; run build"
    ]
    assert write_section([tiny], tiny.root) and stale_section([tiny], tiny.root) == []
    assert not write_section([tiny], tiny.root)
    tiny.script.write_text(SCRIPT.replace("points=2", "points=5"))
    assert stale_section([tiny], tiny.root)
    tiny.script.write_text(SCRIPT)
    (tiny.root / "solutions/misconceptions/tiny/doubled_value/cube.py").write_text('"""A cube.\n\nSee hint 2.\n"""\n')
    assert stale_section([tiny], tiny.root)
    write_section([tiny], tiny.root)
    assert "- *cube*: A cube. (hint 2)" in page_path(tiny.root).read_text()


@pytest.mark.parametrize("page", ["no markers", f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}"])
def test_a_page_without_its_markers_is_refused(tiny, page):
    with pytest.raises(ValueError, match="expected the lines"):
        with_section(page, [tiny])
