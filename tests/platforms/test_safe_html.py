"""Nothing that a student writes runs in the browser of a person who grades, or fetches anything; the rest stays readable."""

import re
import sys
from urllib.parse import urlsplit

import nbformat
import pytest
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.api import Gradebook

from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course, nbgrader_id
from autograder.execution.harmless_markdown import defused
from autograder.grade import grade
from autograder.platforms.safe_html import markdown2html, safe_html
from autograder.scoring import expected, gradebook
from tests.conftest import NONCE
from tests.helpers.browser_pages import SubmissionPage
from tests.helpers.browser_server import lab_server
from tests.hostile import assignment as averages
from tests.hostile.injections import INJECTIONS, PIXEL, attachments, injection

NAME = averages.NAME
CLEAN, ODD_ID = "clean", "\"+ran('id')+<img src=x onerror=ran('id')>"
PRINTS = """\
def mean_of(values):
    from IPython.display import HTML, Javascript, Markdown, display
    print("</pre><script>ran('printed')</script><img src=x onerror=ran('printed')>")
    display(HTML("<img src=x onerror=ran('html')>"), Javascript("ran('javascript')"), Markdown("<img src=x onerror=ran('md')>"))
    raise RuntimeError("</pre><img src=x onerror=ran('raised')>")
    # </pre></div><img src=x onerror=ran('source')>
"""
READABLE = """\
# Why **the** *mean*?

It is $\\bar{x} = \\frac{1}{n}\\sum_i x_i$, and 3 < 4 & 5 > 2; see [Nanda](https://arxiv.org/abs/2301.05217).

| a | b |
|---|---|
| 1 | `x<y` |

```python
if a<b: print("<b>")
```
<sub>low</sub> and <details><summary>more</summary>hidden</details>

![pixel](attachment:real.png)
"""


def rendered(text: str, **cell: object) -> str:
    return markdown2html({"cell": cell}, text)


def test_ordinary_markdown_stays_what_it_was():
    html = rendered(READABLE, attachments=attachments("any"))
    for part in (
        "<h1>Why <strong>the</strong> <em>mean</em>?",
        "<td>1</td>",
        "<sub>low</sub>",
        "<summary>more</summary>",
    ):
        assert part in html
    assert 'href="https://arxiv.org/abs/2301.05217"' in html and 'rel="noopener noreferrer nofollow"' in html
    assert "$\\bar{x} = \\frac{1}{n}\\sum_i x_i$" in html
    assert f'src="data:image/png;base64,{PIXEL}"' in html
    assert '<span class="k">if</span>' in html  # code keeps its colours
    assert "3 &lt; 4 &amp; 5 &gt; 2" in html


@pytest.mark.parametrize("name", INJECTIONS)
def test_what_is_filed_holds_no_tag_that_could_run(name):
    """Whatever renders it: another parser, another version, JupyterLab."""
    filed = defused(injection(name))
    assert defused(filed) == filed
    assert filed.replace("\N{ZERO WIDTH SPACE}", "") == injection(name)
    html = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(filed)
    assert "<img" not in html.replace('<img src="', "") or "onerror=ran" not in html
    assert not any(
        f"<{tag}" in html.lower() for tag in ("script", "svg", "iframe", "object", "embed", "style", "form", "meta")
    )


@pytest.mark.parametrize("name", INJECTIONS)
def test_html_that_got_through_is_cleaned(name):
    """The second wall, on what the first has not touched: nbconvert's own conversion of the injection."""
    unsafe = MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(injection(name))
    cleaned = safe_html(unsafe)
    assert f"before-{name}" in cleaned
    tags = [re.sub(r'(?:alt|title)="[^"]*"', "", tag) for tag in re.findall(r"<[a-z][^<>]*>", cleaned)]
    assert not [tag for tag in tags if re.search(r"\son\w+=|javascript|style=|srcset|\sid=|data:text", tag)]


def test_a_picture_that_is_not_attached_leaves_the_rest_readable():
    html = rendered("before ![missing](attachment:gone.png) after")
    assert "before" in html and "after" in html and 'alt="missing"' in html


def test_attachments_that_are_no_pictures_are_left_out():
    html = rendered("\n".join(f"![x](attachment:{name})" for name in attachments("a")), attachments=attachments("a"))
    assert html.count(PIXEL) == 1 and "onerror" not in html and "svg" not in html


@pytest.fixture(scope="module")
def course(sandbox, executable, tmp_path_factory):
    """A class of three: a clean one, one whose every cell tries something, and one whose name does."""
    root = tmp_path_factory.mktemp("injections")
    patch = pytest.MonkeyPatch()
    small = averages.make_assignment(root / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: small)
    course = Course(root / "course")
    hostile = solved_submission(small, mean_of=PRINTS, why_mean=injection("image_error"))
    for name in INJECTIONS:
        hostile.cells.append(nbformat.v4.new_markdown_cell(injection(name), attachments=attachments(name)))
    pictures = "\n".join(f"![{name}](attachment:{name})" for name in attachments("attached"))
    hostile.cells.append(nbformat.v4.new_markdown_cell(pictures, attachments=attachments("attached")))
    for student, notebook in {CLEAN: solved_submission(small), "hostile": hostile, ODD_ID: hostile}.items():
        path = course.submitted(student, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(as_text(notebook))
    grade(small, course, nonce=NONCE, workers=2, progress=False)
    yield course
    patch.undo()


class Watched:
    """A page of which is kept what ran in it, and which machines it asked."""

    def __init__(self, browser) -> None:
        self.page, self.ran, self.asked = browser.new_page(), [], set()
        self.page.expose_function("ran", lambda name=None: self.ran.append(name))
        self.page.on(
            "request", lambda request: self.asked.add(urlsplit(request.url).netloc or urlsplit(request.url).scheme)
        )
        self.page.on("dialog", lambda dialog: (self.ran.append("dialog"), dialog.dismiss()))

    def follow_links(self) -> None:
        """Click whatever a person could be talked into clicking, but for links to other sites."""
        self.page.evaluate(
            """() => [...document.querySelectorAll("#notebook a, table a")]
                .filter(a => !/^https?:/.test(a.href)).forEach(a => a.click())"""
        )


@pytest.mark.whole_class
class TestInFormgrader:
    def test_the_injections_would_run_where_nothing_holds_them(self, browser):
        """The control: as nbconvert renders them, many of them do. Each has a page of its own, which takes its time."""
        ran = set()
        for name in set(INJECTIONS) - {"meta_refresh", "base"}:  # these two lead away from the page
            watched = Watched(browser)
            watched.page.set_content(MarkdownWithMath(renderer=IPythonRenderer(escape=False)).render(injection(name)))
            watched.page.wait_for_timeout(200)
            ran |= set(watched.ran)
            watched.page.close()
        assert len(ran) >= 18

    @pytest.mark.parametrize("student", ["hostile", ODD_ID])
    def test_nothing_runs_nothing_is_fetched_and_scores_stay(self, browser, course, tmp_path, picture, student):
        before = gradebook.all_grades(NAME, course)
        with lab_server(course.root, tmp_path) as server:
            clean, watched = Watched(browser), Watched(browser)
            SubmissionPage(clean.page, server, course, NAME, CLEAN, "why_mean")
            SubmissionPage(watched.page, server, course, NAME, student, "why_mean")
            watched.page.wait_for_timeout(1000)
            text = watched.page.inner_text("body")
            picture(watched.page, "injections")
            assert watched.page.locator("#why_mean").count() == 1
            watched.follow_links()
            watched.page.wait_for_timeout(500)
        assert watched.ran == []
        assert watched.asked <= clean.asked
        assert [name for name in INJECTIONS if f"before-{name}" not in text or f"after-{name}" not in text] == []
        assert gradebook.all_grades(NAME, course) == before

    def test_the_lists_of_formgrader_run_nothing_of_a_name(self, browser, course, tmp_path):
        with Gradebook(course.db_url) as book:
            notebook = book.find_submission_notebook(NAME, NAME, nbgrader_id(ODD_ID)).id
        pages = (
            "",
            f"manage_submissions/{NAME}",
            "gradebook",
            f"gradebook/{NAME}",
            f"gradebook/{NAME}/{NAME}",
            "manage_students",
        )
        with lab_server(course.root, tmp_path) as server:
            watched = Watched(browser)
            watched.page.goto(server.page("lab"), wait_until="commit")
            for page in (*pages, f"submissions/{notebook}/"):
                watched.page.goto(server.page(f"formgrader/{page}"))
                watched.page.wait_for_timeout(1500)
        assert watched.ran == []

    def test_nbgraders_own_feedback_runs_nothing(self, browser, course):
        from nbgrader.apps.api import NbGraderAPI

        with Gradebook(course.db_url) as book:
            book.find_comment("why_mean", NAME, NAME, "hostile").manual_comment = injection("image_error")
            book.db.commit()
        done = NbGraderAPI(config=gradebook._config(course)).generate_feedback(NAME, student_id="hostile", force=True)
        assert done["success"], done["log"]
        watched = Watched(browser)
        watched.page.goto((course.root / "feedback" / "hostile" / NAME / f"{NAME}.html").as_uri())
        watched.page.wait_for_timeout(1000)
        watched.follow_links()
        assert watched.ran == []
