"""What tests in a browser share: Chromium and its pictures, and a submission open in formgrader."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook

from autograder.course import Course, nbgrader_id
from tests.helpers.browser_server import CHROMIUM_FLAGS, LabServer, chromium

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

PATIENCE = 240_000  # milliseconds for one step of a page, on a machine that does other things as well

# A cell above takes its full height only when it comes near the screen, so that scrolling to one takes several steps.
SCROLL_TO = """async element => {
    for (let top = NaN; top !== element.getBoundingClientRect().top; ) {
        element.scrollIntoView({block: "center"});
        top = element.getBoundingClientRect().top;
        await new Promise(resolve => setTimeout(resolve, 250));
    }
}"""


def expect(locator: "Locator") -> object:
    """playwright's expect, imported late, as playwright may be missing."""
    from playwright.sync_api import expect as expect_soon

    expect_soon.set_options(timeout=PATIENCE)
    return expect_soon(locator)


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


class SubmissionPage:
    """A submission open in formgrader, as a person reads and marks it."""

    def __init__(
        self, page: "Page", server: LabServer, course: Course, assignment: str, student: str, question: str
    ) -> None:
        with Gradebook(course.db_url) as book:
            id = book.find_submission_notebook(assignment, assignment, nbgrader_id(student)).id
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
