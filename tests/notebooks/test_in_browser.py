"""What people see: the notebook in JupyterLab, its checks and slider, nbgrader's Validate button, and formgrader.

The notebooks are copies whose training cell asks for a few steps only, as its configuration allows. Screenshots go to each
test's tmp_path, and also to the folder that COURSE_KIT_SCREENSHOTS names.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.scoring import gradebook
from autograder.assignments import find_assignment
from autograder.authoring.notebooks import check_id, exercise_ids, solved_notebook
from autograder.authoring.filling import solved_answers, solved_submission
from tests.helpers.browser_pages import SCROLL_TO, expect, words
from tests.helpers.browser_server import LabServer, lab_server

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("executable")]

LIVE = "live = True"

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


def choose(page: "Page", menu: str, entry: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


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
