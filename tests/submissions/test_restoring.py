"""Restoring: whatever was broken, the answers are found, the checks are the release's own, and repairs are said."""

import json
import random

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator

from autograder.assignments import find_assignment
from autograder.authoring.filling import solved_answers, solved_submission
from autograder.authoring.notebooks import as_text, exercise_ids, solved_notebook, student_notebook
from autograder.submissions.reading import Missing, Unreadable, find_notebook, read_submission
from autograder.submissions.restoring import restore
from tests.broken import KINDS

GROKKING = find_assignment("grokking")
RELEASE = student_notebook(solved_notebook(GROKKING))
SOLVED = json.loads(as_text(solved_submission(GROKKING)))


def read(tmp_path, raw: bytes):
    path = tmp_path / "grokking.ipynb"
    path.write_bytes(raw)
    return read_submission(path)


def checks_of(notebook) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("locked")]


def assert_well_formed(notebook) -> None:
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert checks_of(notebook) == checks_of(RELEASE)
    order = [cell.id for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert order == [cell.id for cell in RELEASE.cells if "nbgrader" in cell.metadata]
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_broken_submission_is_restored_or_explained(tmp_path, kind):
    raw = kind.make(SOLVED)
    if kind.outcome == "unreadable":
        with pytest.raises(Unreadable) as caught:
            read(tmp_path, raw)
        assert len(str(caught.value)) < 400
        return
    restoration = restore(read(tmp_path, raw), RELEASE)
    assert_well_formed(restoration.notebook)
    assert bool(restoration.repairs) == (kind.outcome == "repaired"), restoration.repairs


def test_there_are_enough_kinds():
    assert len(KINDS) >= 30


def test_the_release_handed_in_untouched_needs_no_repair():
    restoration = restore(nbformat.from_dict(RELEASE), RELEASE)
    assert restoration.repairs == ()
    assert [cell.source for cell in restoration.notebook.cells] == [cell.source for cell in RELEASE.cells]


def test_answers_come_back_word_for_word(tmp_path):
    restoration = restore(read(tmp_path, json.dumps(SOLVED).encode()), RELEASE)
    cells = {cell.id: cell.source for cell in restoration.notebook.cells}
    assert restoration.repairs == ()
    for id, source in solved_answers(GROKKING).items():
        assert cells[id] == source


def test_restoring_changes_neither_argument():
    submission = nbformat.reads(json.dumps(SOLVED), as_version=4)
    before, release_before = as_text(submission), as_text(RELEASE)
    restore(submission, RELEASE)
    assert as_text(submission) == before
    assert as_text(RELEASE) == release_before


def test_both_copies_of_an_answer_changed_the_last_one_counts():
    submission = nbformat.reads(json.dumps(SOLVED), as_version=4)
    index = next(i for i, cell in enumerate(submission.cells) if cell.id == "fourier_basis")
    again = nbformat.from_dict(submission.cells[index])
    again.source = "def fourier_basis(modulus):\n    return 'the last one'"
    submission.cells.append(again)
    restoration = restore(submission, RELEASE)
    cells = {cell.id: cell.source for cell in restoration.notebook.cells}
    assert cells["fourier_basis"].endswith("'the last one'")
    assert any("the last one counts" in repair for repair in restoration.repairs)


def test_cells_of_ones_own_keep_their_place_and_carry_no_grade():
    submission = nbformat.reads(json.dumps(SOLVED), as_version=4)
    index = next(i for i, cell in enumerate(submission.cells) if cell.id == "fourier_basis")
    mine = nbformat.v4.new_code_cell(
        "helper = 1", metadata={"nbgrader": {"grade": True, "grade_id": "extra", "points": 99}}
    )
    submission.cells.insert(index + 1, mine)
    restored = restore(submission, RELEASE).notebook
    found = next(i for i, cell in enumerate(restored.cells) if cell.source == "helper = 1")
    assert restored.cells[found - 1].id == "fourier_basis"
    assert "nbgrader" not in restored.cells[found].metadata


def test_control_characters_do_not_reach_repair_sentences(tmp_path):
    folder = tmp_path / "submitted" / "x" / "grokking"
    folder.mkdir(parents=True)
    (folder / "grok\x1b[31mking.ipynb").write_text(json.dumps(SOLVED))
    _, repairs = find_notebook(folder, "grokking")
    assert repairs and "\x1b" not in repairs[0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(0, 6))
def test_shuffling_deleting_and_duplicating_never_harms(seed, deletions, duplications):
    rng, submission = random.Random(seed), nbformat.reads(json.dumps(SOLVED), as_version=4)
    for _ in range(deletions):
        del submission.cells[rng.randrange(len(submission.cells))]
    for _ in range(duplications):
        submission.cells.insert(rng.randrange(len(submission.cells)), nbformat.from_dict(rng.choice(submission.cells)))
    rng.shuffle(submission.cells)
    once = restore(submission, RELEASE).notebook
    assert_well_formed(once)
    again = restore(once, RELEASE)
    assert [cell.source for cell in again.notebook.cells] == [cell.source for cell in once.cells]
    present = {cell.id for cell in submission.cells}
    answers = {cell.id: cell.source for cell in once.cells}
    for id in exercise_ids(solved_notebook(GROKKING)):
        if id in present:
            assert answers[id] == solved_answers(GROKKING)[id]


class TestFindNotebook:
    def put(self, folder, *names):
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(SOLVED))
        return folder

    def test_the_right_name_needs_no_repair(self, tmp_path):
        folder = self.put(tmp_path / "grokking", "grokking.ipynb", "scratch.ipynb", ".ipynb_checkpoints/grokking.ipynb")
        assert find_notebook(folder, "grokking") == (folder / "grokking.ipynb", ())

    @pytest.mark.parametrize("name", ["Grokking (1).ipynb", "my_grokking_final.ipynb", "deep/er/grokking.ipynb"])
    def test_another_name_or_place_is_said(self, tmp_path, name):
        folder = self.put(tmp_path / "grokking", name, "zzz.ipynb")
        path, repairs = find_notebook(folder, "grokking")
        assert path == folder / name
        assert name in repairs[0]

    def test_beside_its_folder(self, tmp_path):
        self.put(tmp_path, "grokking.ipynb")
        path, repairs = find_notebook(tmp_path / "grokking", "grokking")
        assert path == tmp_path / "grokking.ipynb"
        assert "beside the folder" in repairs[0]

    def test_nothing_there_names_what_is(self, tmp_path):
        folder = tmp_path / "grokking"
        folder.mkdir()
        (folder / "answers.docx").touch()
        with pytest.raises(Missing, match=r"answers\.docx"):
            find_notebook(folder, "grokking")
        with pytest.raises(Missing):
            find_notebook(tmp_path / "absent", "grokking")

    def test_links_are_not_followed(self, tmp_path):
        secret = self.put(tmp_path / "elsewhere", "secret.ipynb") / "secret.ipynb"
        folder = tmp_path / "student" / "grokking"
        folder.mkdir(parents=True)
        (folder / "grokking.ipynb").symlink_to(secret)
        with pytest.raises(Missing):
            find_notebook(folder, "grokking")

    def test_a_huge_file_is_not_read(self, tmp_path):
        path = tmp_path / "grokking.ipynb"
        with path.open("wb") as file:
            file.truncate(200 * 2**20)
        with pytest.raises(Unreadable, match="200 MB"):
            read_submission(path)


def test_written_answers_without_their_questions_and_ids_are_found_by_their_place():
    """As another editor leaves them, and a student who wrote over the question."""
    submission = nbformat.from_dict(RELEASE)
    written = [cell for cell in submission.cells if cell.cell_type == "markdown" and "nbgrader" in cell.metadata]
    assert len(written) > 1
    for number, cell in enumerate(written):
        cell.source = f"In my own words, number {number}."
    for number, cell in enumerate(submission.cells):
        cell.id, cell.metadata = f"cell-{number}", nbformat.NotebookNode()
    restored = restore(submission, RELEASE).notebook
    found = [cell.source for cell in restored.cells if cell.cell_type == "markdown" and "nbgrader" in cell.metadata]
    assert found == [cell.source for cell in written]
