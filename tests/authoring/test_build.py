"""The build: derived ids, identical bytes, nbgrader's metadata, stale files and orphans named."""

import json

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.assignments import ROOT, Assignment, all_assignments
from autograder.authoring.notebooks import (
    as_text,
    exercise_ids,
    orphans,
    solved_notebook,
    stale_notebook,
    student_notebook,
    write_notebook,
)
from tests.helpers.tiny_repository import SCRIPT, make_repository


@pytest.fixture
def tiny(tmp_path):
    return Assignment("tiny", make_repository(tmp_path))


def graded_metadata(notebook) -> dict:
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.id: cell.metadata.nbgrader for cell in cells}


def test_building_twice_gives_identical_bytes(tiny):
    first = as_text(student_notebook(solved_notebook(tiny)))
    assert as_text(student_notebook(solved_notebook(tiny))) == first
    write_notebook(tiny)
    assert tiny.notebook.read_text() == first
    assert stale_notebook(tiny) == ""


def test_headers_become_schema_3_metadata(tiny):
    metadata = graded_metadata(student_notebook(solved_notebook(tiny)))
    assert list(metadata) == ["doubled_value", "check-doubled_value", "why_double"]
    expected = {
        "doubled_value": (False, True, False, None),
        "check-doubled_value": (True, False, True, 2),
        "why_double": (True, True, False, 1),
    }
    for id, (grade, solution, locked, points) in expected.items():
        found = metadata[id]
        assert (found.grade, found.solution, found.locked, found.get("points")) == (grade, solution, locked, points)
        assert found.schema_version == 3
        assert found.grade_id == id
    MetadataValidator().validate_nb(student_notebook(solved_notebook(tiny)))


def test_students_get_stubs_that_name_the_exercise_and_no_solution_or_marking_scheme(tiny):
    text = as_text(student_notebook(solved_notebook(tiny)))
    assert "Exercise 1.1: replace this line with your code" in text
    for hidden in ("fsum", "Because.", "One point", "SOLUTION", "MARK SCHEME"):
        assert hidden not in text
    assert "*Write your answer here.*" in text


def test_a_stale_notebook_is_named_with_the_line(tiny):
    write_notebook(tiny)
    tiny.script.write_text(SCRIPT.replace("# Why?", "# Why at all?"))
    number = 1 + next(i for i, line in enumerate(tiny.notebook.read_text().splitlines()) if "Why?" in line)
    assert stale_notebook(tiny).startswith("notebooks/tiny/tiny.ipynb:")
    named = int(stale_notebook(tiny).split(":")[1])
    assert named <= number  # the id, or the checksum, of the cell may differ first
    tiny.notebook.unlink()
    assert stale_notebook(tiny) == "notebooks/tiny/tiny.ipynb: missing"


def test_orphans_are_found(tiny):
    write_notebook(tiny)
    old = tiny.root / "notebooks" / "old" / "old.ipynb"
    old.parent.mkdir()
    old.write_text("{}")
    cases = tiny.public_cases("no_longer_asked")
    cases.parent.mkdir(parents=True)
    cases.write_text("{}")
    tiny.public_cases("doubled_value").write_text("{}")
    assert orphans([tiny], tiny.root) == [cases, old]


@pytest.mark.parametrize("assignment", all_assignments(), ids=lambda assignment: assignment.name)
class TestCommitted:
    def test_notebook_is_what_the_script_gives(self, assignment):
        assert stale_notebook(assignment) == ""

    def test_notebook_is_valid_and_has_no_outputs(self, assignment):
        notebook = nbformat.read(assignment.notebook, as_version=4)
        nbformat.validate(notebook)
        assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)

    def test_public_cases_are_small_and_there(self, assignment):
        for exercise in exercise_ids(solved_notebook(assignment)):
            path = assignment.public_cases(exercise)
            assert path.stat().st_size < 1_000_000
            assert json.loads(path.read_text())["exercise"] == exercise


def test_no_orphans_are_committed():
    assert orphans(all_assignments(), ROOT) == []
