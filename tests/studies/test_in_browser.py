"""A study's report and page in a browser: figures show under the page's own policy, nothing runs, nothing is fetched."""

import pytest

from autograder.studies.page import write_study_page
from course_utils.studies.findings import Finding
from course_utils.studies.report.page import make_report
from tests.helpers.browser_server import CHROMIUM_FLAGS, chromium
from tests.helpers.made_studies import EVIL, hostile_study, made_study
from tests.studies.test_report import EVIL_MARKDOWN, a_figure, a_notebook

pytestmark = pytest.mark.browser
WIDTHS = "[...document.querySelectorAll('img')].map(image => image.naturalWidth)"


@pytest.fixture
def pages(tmp_path):
    """A report and a page of a careful study and of a hostile one."""
    notebook = a_notebook(tmp_path / "milestone.ipynb", analysis=EVIL_MARKDOWN, code=EVIL)
    paths = []
    for name, study in (("careful", made_study()), ("hostile", hostile_study())):
        paths.append(make_report(study, tmp_path / name, figures={EVIL: a_figure()}, notebook=notebook))
        findings = [Finding(EVIL, None, EVIL)]
        paths.append(write_study_page(study, "", findings, EVIL, path=tmp_path / name / "page.html", notes=[EVIL]))
    return paths


def test_figures_show_and_nothing_runs_or_is_fetched(pages):
    executable = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        for path in pages:
            page, asked = browser.new_page(viewport={"width": 1280, "height": 900}), []
            page.on("dialog", lambda dialog: pytest.fail(f"something ran: {dialog.message}"))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message: pytest.fail(f"the policy had to stop something: {message.text}"))
            page.goto(path.as_uri())
            assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
            assert all(width > 300 for width in page.evaluate(WIDTHS)) and page.locator("img").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, f"{path} is wider than a screen"
            page.close()
        browser.close()
