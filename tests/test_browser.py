"""What people see: the notebook in JupyterLab, its checks and slider, nbgrader's Validate button, and formgrader.

The notebooks are copies whose training cell asks for a few steps only, as its configuration allows. Screenshots go to each
test's tmp_path, and also to the folder that COURSE_KIT_SCREENSHOTS names.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder import gradebook
from autograder.assignments import Assignment, find_assignment
from autograder.build import as_text, check_id, exercise_ids, solved_notebook
from autograder.course import Course
from autograder.export import FORMATS, export
from autograder.filling import solved_answers, solved_submission
from autograder.grade import grade
from tests.browser_server import CHROMIUM_FLAGS, LabServer, chromium, lab_server
from tests.conftest import NONCE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("executable")]

PATIENCE = 240_000  # milliseconds for one step of a page, on a machine that does other things as well
LIVE = "live = True"
READ_BY_A_PERSON = "grokking"  # an assignment with written answers
TOTALS = {
    "csv": ("student_id", "score"),
    "canvas": ("SIS User ID", READ_BY_A_PERSON),
    "gradescope": ("SID", "Total Score"),
}

# A cell above takes its full height only when it comes near the screen, so that scrolling to one takes several steps.
SCROLL_TO = """async element => {
    for (let top = NaN; top !== element.getBoundingClientRect().top; ) {
        element.scrollIntoView({block: "center"});
        top = element.getBoundingClientRect().top;
        await new Promise(resolve => setTimeout(resolve, 250));
    }
}"""

# A line of text that is neither cut off nor covered is found where it is drawn, at its left end and at its right end.
HIDDEN_LINES = """element => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), hidden = [];
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const line of range.getClientRects()) {
            if (line.width < 3) continue;
            const middle = line.top + line.height / 2;
            const ends = [line.left + 1, line.right - 1].map(x => document.elementFromPoint(x, middle));
            if (!ends.every(end => end && element.contains(end))) hidden.push(text.data);
        }
    }
    return hidden;
}"""
PIXELS = "async image => [...new Uint8Array(await (await fetch(image.src)).arrayBuffer())]"


class LabNotebook:
    """A notebook open in JupyterLab, whose cells are called by their ids."""

    def __init__(self, page: "Page", server: LabServer, name: str) -> None:
        self.page = page
        self.cells = nbformat.read(server.root / f"{name}.ipynb", as_version=4).cells
        page.goto(server.page(f"lab/workspaces/{name}/tree/{name}.ipynb"))
        expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(self.cells))
        self.wait_until_idle()

    def id_of(self, source: str) -> str:
        """The id of the first cell that holds a piece of source."""
        return next(cell.id for cell in self.cells if source in cell.source)

    def exercises_before(self, id: str) -> list[str]:
        ids = [cell.id for cell in self.cells]
        return [each for each in ids[: ids.index(id)] if check_id(each) in ids]

    def cell(self, id: str) -> "Locator":
        return self.page.locator(".jp-Notebook .jp-Cell").nth([cell.id for cell in self.cells].index(id))

    def wait_until_idle(self) -> None:
        indicator = self.page.locator(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator")
        expect(indicator).to_have_attribute("data-status", "idle")

    def run_all(self) -> None:
        """Run > Run All Cells, which stops at the first error."""
        choose(self.page, "Run", "Run All Cells")
        self.wait_until_idle()

    def run(self, *ids: str) -> None:
        for id in ids:
            prompt = self.cell(id).locator(".jp-InputPrompt")
            prompt.click()
            self.page.keyboard.press("Control+Enter")
            expect(prompt).to_have_text(re.compile(r"\[\d+\]:"))
        self.wait_until_idle()

    def write(self, id: str, source: str) -> None:
        """Type a source into a cell, in place of what stands there."""
        self.cell(id).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def read(self, id: str) -> str:
        """What a person reads below a cell; fails where a line of it is cut off or covered."""
        output = self.cell(id).locator(".jp-OutputArea-output")
        expect(output).to_have_count(1)
        output.evaluate(SCROLL_TO)
        assert output.evaluate(HIDDEN_LINES) == []
        return words(output.inner_text())

    def validate(self) -> str:
        """What nbgrader's Validate button says."""
        self.page.get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_be_visible()
        return words(dialog.inner_text())


def expect(locator: "Locator") -> object:
    """playwright's expect, imported late, as playwright may be missing."""
    from playwright.sync_api import expect as expect_soon

    expect_soon.set_options(timeout=PATIENCE)
    return expect_soon(locator)


def choose(page: "Page", menu: str, entry: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def words(text: str) -> str:
    """A text in one line: where lines break is a matter of the window's width."""
    return " ".join(text.split())


@pytest.fixture(scope="session")
def executable() -> str:
    """Where Chromium is; asked for first, so that nothing is graded for a test that will be skipped."""
    return chromium()


@pytest.fixture(scope="module")
def browser(executable) -> Iterator["BrowserContext"]:
    """Chromium, in a window of a laptop's size; its pages share one cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        context = running.new_context(viewport={"width": 1280, "height": 1000})
        context.set_default_timeout(PATIENCE)
        yield context
        running.close()


@pytest.fixture
def picture(tmp_path) -> Callable[["Page", str], None]:
    """Keeps what a page shows under a name."""

    def keep(page: "Page", name: str) -> None:
        path = tmp_path / f"{name}.png"
        page.screenshot(path=path)
        if folder := os.environ.get("COURSE_KIT_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder)

    return keep


def without_training(notebook: NotebookNode) -> NotebookNode:
    """The notebook with its one switch turned to the recorded run, so that nobody waits for the training."""
    [switch] = [cell for cell in notebook.cells if cell.source.startswith(LIVE)]
    switch.source = switch.source.replace(LIVE, "live = False", 1)
    return notebook


@pytest.fixture(scope="module")
def student_lab(browser, grokking, tmp_path_factory) -> Iterator[LabServer]:
    """A student's JupyterLab: the notebook to work in, another one as it was handed out, and one with all answers."""
    private = tmp_path_factory.mktemp("student")
    root = private / "notebooks"
    root.mkdir()
    for name in ("mine", "untouched"):
        nbformat.write(without_training(nbformat.read(grokking.notebook, as_version=4)), root / f"{name}.ipynb")
    nbformat.write(without_training(solved_submission(grokking)), root / "solved.ipynb")
    with lab_server(root, private) as server:
        yield server


@pytest.fixture(scope="module")
def notebook(browser, student_lab) -> Iterator[LabNotebook]:
    """A student's notebook after Run All Cells; tests go on from there, each with answers of its own."""
    opened = LabNotebook(browser.new_page(), student_lab, "mine")
    opened.run_all()
    yield opened
    opened.page.close()


class TestStudentNotebook:
    def test_it_runs_and_draws(self, notebook, picture):
        figure = notebook.cell(notebook.id_of("Loss over training")).locator("img")
        figure.evaluate(SCROLL_TO)
        expect(figure).to_be_in_viewport(ratio=1)
        picture(notebook.page, "drawn")

    def test_an_unwritten_exercise_says_what_to_do(self, notebook, picture):
        said = notebook.read(check_id("grokking_steps"))
        picture(notebook.page, "unwritten")
        assert "NotImplementedError: Exercise 1.1: replace this line with your code" in said

    def test_a_misconception_is_named(self, notebook, grokking, picture):
        [wrong] = [variant for variant in grokking.misconceptions("grokking_steps") if variant.name == "first_touch"]
        notebook.write("grokking_steps", wrong.source.rpartition('"""')[2].strip())
        notebook.run("grokking_steps", check_id("grokking_steps"))
        said = notebook.read(check_id("grokking_steps"))
        picture(notebook.page, "misconception")
        assert f"likely cause: {wrong.cause} see {wrong.hint}" in said

    def test_right_answers_pass_and_the_slider_moves_the_figure(self, notebook, grokking, picture):
        drawn, moved = notebook.id_of("It learns twice"), notebook.id_of("step_slider(run.steps")
        for exercise in notebook.exercises_before(moved):
            notebook.write(exercise, solved_answers(grokking)[exercise])
            notebook.run(exercise, check_id(exercise))
            assert f"{exercise}: public cases pass" in notebook.read(check_id(exercise))
        notebook.run(drawn, notebook.id_of("basis = fourier_basis"), moved)
        expect(notebook.cell(drawn).locator(".jp-OutputArea-output")).to_have_count(1)  # the figure, and no <Axes: ...>
        slider = Slider(notebook.cell(moved))
        picture(notebook.page, "slider-last-step")
        at_the_end, at_the_start = slider.pixels(), slider.move_to("start")
        picture(notebook.page, "slider-first-step")
        assert at_the_start != at_the_end
        assert slider.move_to("end") == at_the_end


class Slider:
    """The slider below a cell, and the picture that it moves."""

    def __init__(self, cell: "Locator") -> None:
        self.track, self.image = cell.locator(".noUi-base"), cell.locator("img")
        self.image.evaluate(SCROLL_TO)
        expect(self.image).to_be_in_viewport(ratio=1)

    def pixels(self) -> list[int]:
        return self.image.evaluate(PIXELS)

    def move_to(self, end: str) -> list[int]:
        """Click at one end of the track, and return the bytes of the next picture."""
        before, width = self.image.get_attribute("src"), self.track.bounding_box()["width"]
        self.track.click(position={"x": 1 if end == "start" else width - 1, "y": 1})
        expect(self.image).not_to_have_attribute("src", before)
        return self.pixels()


def up_to_its_menu(notebook: NotebookNode) -> NotebookNode:
    """The pun notebook as far as its menu of puns, at two checkpoints of a first look, and without its probes."""
    [menu] = [number for number, cell in enumerate(notebook.cells) if "choice_and_step(list" in cell.source]
    slow = ("def probes(", "read at: ", "threshold_step(np.array")
    notebook.cells = [cell for cell in notebook.cells[: menu + 1] if not any(part in cell.source for part in slow)]
    [look] = [cell for cell in notebook.cells if cell.source.startswith("at_most, closer = 10, 8")]
    look.source = look.source.replace("at_most, closer = 10, 8", "at_most, closer = 2, 1", 1)
    return notebook


class TestPunNotebook:
    def test_a_pun_and_a_checkpoint_are_picked_and_the_figure_follows(self, browser, tmp_path, picture):
        root = tmp_path / "notebooks"
        root.mkdir()
        solved = solved_submission(find_assignment("pun_emergence"))
        nbformat.write(up_to_its_menu(solved), root / "puns.ipynb")
        with lab_server(root, tmp_path) as server:
            notebook = LabNotebook(browser.new_page(), server, "puns")
            notebook.run_all()
            cell = notebook.cell(notebook.id_of("choice_and_step(list"))
            slider, menu = Slider(cell), cell.locator("select")
            picture(notebook.page, "pun-last-step")
            banker, before = slider.pixels(), slider.image.get_attribute("src")
            menu.select_option("rest-needed-a")
            expect(slider.image).not_to_have_attribute("src", before)
            drummer = slider.pixels()
            early = slider.move_to("start")
            picture(notebook.page, "pun-first-step")
            assert len({bytes(banker), bytes(drummer), bytes(early)}) == 3
            assert slider.move_to("end") == drummer


class TestValidateButton:
    def test_it_fails_for_an_untouched_notebook_as_the_checks_do(self, browser, student_lab, grokking, picture):
        notebook = LabNotebook(browser.new_page(), student_lab, "untouched")
        said = notebook.validate()
        picture(notebook.page, "validate-untouched")
        for exercise in exercise_ids(solved_notebook(grokking)):
            assert f'The following cell failed: check("{exercise}", {exercise}) {exercise}: the function raised' in said
        assert "Success" not in said

    def test_it_succeeds_for_a_solved_notebook(self, browser, student_lab, picture):
        notebook = LabNotebook(browser.new_page(), student_lab, "solved")
        said = notebook.validate()
        picture(notebook.page, "validate-solved")
        assert "Success! Your notebook passes all the tests." in said


class TestFormgrader:
    def test_it_shows_the_scores_of_the_sample_class(self, browser, graded_class, grokking, tmp_path, picture):
        course, _ = graded_class
        with lab_server(course.root, tmp_path) as server:
            page = browser.new_page()
            page.goto(server.page("lab"))
            choose(page, "Nbgrader", "Formgrader")
            formgrader = page.frame_locator("iframe")
            assignment = formgrader.get_by_role("row").filter(has_text=grokking.name)
            assignment.get_by_role("link", name=str(len(course.students())), exact=True).click()
            for student in ("perfect", "half-way"):
                grades, maximum = gradebook.grades_of(grokking.name, course, student)
                row = formgrader.get_by_role("row").filter(has_text=student)
                expect(row).to_contain_text(f"{grades.total:g} / {maximum:g}")
            picture(page, "formgrader")


class SubmissionPage:
    """A submission open in formgrader, as a person reads and marks it."""

    def __init__(self, page: "Page", server: LabServer, course: Course, student: str, question: str) -> None:
        with Gradebook(course.db_url) as book:
            id = book.find_submission_notebook(READ_BY_A_PERSON, READ_BY_A_PERSON, student).id
        self.page = page
        page.goto(server.page("lab"), wait_until="commit")  # gives the cookie, without which grades are not handed out
        page.goto(server.page(f"formgrader/submissions/{id}/"))
        self.score, self.comment = page.locator(f"#{question}"), page.locator(f"#{question}-comment")
        # What is typed before the page has got the grades and comments would be neither shown nor saved.
        page.wait_for_function("formgrader.grades?.loaded && formgrader.comments?.loaded")

    def enter(self, score: float, comment: str) -> None:
        for kind, field, value in (("grade", self.score, f"{score:g}"), ("comment", self.comment, comment)):
            with self.page.expect_response(lambda got, kind=kind: f"/api/{kind}/" in got.url) as saved:
                field.fill(value)
                field.blur()
            assert saved.value.ok, saved.value.text()

    def shows(self, score: float, comment: str) -> None:
        expect(self.score).to_have_value(f"{score:g}")
        expect(self.comment).to_have_value(comment)
        self.score.evaluate(SCROLL_TO)


@pytest.fixture(scope="module")
def read_by_a_person(sandbox, tmp_path_factory) -> Course:
    """Two students, graded: one answered everything, the other nothing but the written questions."""
    assignment, course = find_assignment(READ_BY_A_PERSON), Course(tmp_path_factory.mktemp("by-hand") / "course")
    unanswered = dict.fromkeys(exercise_ids(solved_notebook(assignment)), "# Not answered.")
    for student, changed in (("ada", {}), ("blaise", unanswered)):
        path = course.submitted(student, assignment.name) / f"{assignment.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(as_text(solved_submission(assignment, **changed)))
    grade(assignment, course, nonce=NONCE, workers=2, progress=False)
    return course


class TestReadingByHand:
    """A score and a comment that a person entered in the page stay when the class is graded again."""

    SCORE, COMMENT = 1.5, "Right, but say why: see section 2."

    def test_what_was_entered_survives_a_regrade_and_reaches_every_export(
        self, browser, read_by_a_person, tmp_path, picture
    ):
        course, assignment = read_by_a_person, find_assignment(READ_BY_A_PERSON)
        question = first_written_question(assignment)
        before = {student: gradebook.grades_of(assignment.name, course, student)[0] for student in course.students()}
        assert before["ada"].scores[question] is None and before["ada"].total > before["blaise"].total == 0
        with lab_server(course.root, tmp_path) as server:
            opened = SubmissionPage(browser.new_page(), server, course, "ada", question)
            opened.enter(self.SCORE, self.COMMENT)
            opened.shows(self.SCORE, self.COMMENT)
            picture(opened.page, "by-hand-entered")
            # formgrader stays open meanwhile, as it does for a person
            table = grade(assignment, course, nonce="ab" * 16, workers=2, progress=False)
            again = SubmissionPage(browser.new_page(), server, course, "ada", question)
            again.shows(self.SCORE, self.COMMENT)
            picture(again.page, "by-hand-after-regrade")
        with Gradebook(course.db_url) as book:
            place = (question, assignment.name, assignment.name, "ada")
            assert book.find_grade(*place).manual_score == self.SCORE
            assert book.find_comment(*place).manual_comment == self.COMMENT
        totals = {"ada": before["ada"].total + self.SCORE, "blaise": 0.0}
        assert dict(zip(table["student_id"], table["score"], strict=True)) == totals
        written = pd.read_csv(course.grades(assignment.name)).set_index("student_id")
        assert written["score"].to_dict() == totals and written.loc["ada", question] == self.SCORE
        assert set(TOTALS) == set(FORMATS)
        for kind, (student, total) in TOTALS.items():
            exported = pd.read_csv(export(assignment.name, course, kind)).set_index(student)
            assert exported.loc[list(totals), total].to_dict() == totals, kind


def first_written_question(assignment: Assignment) -> str:
    graded = (cell.metadata.get("nbgrader", {}) for cell in solved_notebook(assignment).cells)
    return next(cell["grade_id"] for cell in graded if cell.get("grade") and cell["solution"])
