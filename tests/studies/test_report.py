"""The report of a study stands alone, runs nothing whatever it is made of, says what it lacks, and is whole or not there."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import course_utils.studies.report.page as study_report
from autograder.assignments import ROOT
from course_utils.figures.trajectories import plot_trajectories
from course_utils.studies.file import load_study
from course_utils.studies.report.markdown import markdown_to_html
from course_utils.studies.report.page import make_report
from course_utils.studies.report.saved_notebook import NotebookFileError, read_notebook
from course_utils.studies.report.tables import examples, missing_rows, number_in_words
from course_utils.texts.concepts import Concept
from tests.helpers.made_studies import EVIL, hostile_study, made_study, made_table, with_missing

EVIL_MARKDOWN = (
    f"{EVIL}\n\n[click](javascript:alert(1)) [out](https://evil.example/) ![pixel](https://evil.example/p.png)\n\n"
    '<https://evil.example/auto> <iframe src="https://evil.example"></iframe>\n\n'
    '```html" onload="alert(1)\n<script>alert(1)</script>\n```\n\n[ref]\n\n[ref]: data:text/html,x\n'
)
SOLUTION, SCHEME = "### BEGIN SOLUTION\n{}\n### END SOLUTION", "### BEGIN MARK SCHEME\n{}\n### END MARK SCHEME"
RUN_BY_A_BROWSER = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "link",
    "base",
    "a",
    "svg",
    "audio",
    "video",
    "input",
}


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_stands_alone(page):
    """A page without anything that a browser would run, follow or fetch."""
    tags = Tags(page).found
    assert not {tag for tag, _ in tags} & RUN_BY_A_BROWSER
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "srcset", "style")], tag
        assert attributes.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
    policy = next(attributes for tag, attributes in tags if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none';") and "script" not in policy["content"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert "url(" not in style and "@import" not in style


def cell(kind, grade_id, source, *, grade=False):
    metadata = {"nbgrader": {"grade_id": grade_id, "grade": grade, "solution": True}}
    return {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True), "id": grade_id}


def write_notebook(path, *cells):
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
    return path


def a_notebook(path, *, analysis="It rises *suddenly*.", interpretation="Head 1.0 copies.", code="return 1"):
    body = SOLUTION.format(f"    {code}").replace("###", "    ###")
    return write_notebook(
        path,
        cell("code", "concept_measure", f"def concept_measure(model):\n{body}"),
        cell("code", "check-concept_measure", "check('concept_measure', concept_measure)", grade=True),
        cell("markdown", "emergence_analysis", f"**Question.** When?\n\n{analysis}", grade=True),
        cell("markdown", "mechanistic_interpretation", f"**Question.** How?\n\n{interpretation}", grade=True),
        {"cell_type": "markdown", "metadata": {}, "source": "nobody's", "id": "text"},
    )


def a_figure():
    figure = Figure(figsize=(6, 3), layout="constrained")
    plot_trajectories(made_table()[["general.loss"]], axis=figure.subplots(), ylabel="nats per token")
    return figure


def report(tmp_path, study=None, **options):
    return make_report(study or made_study(), tmp_path / "study", **options).read_text(encoding="utf-8")


def test_a_whole_report_shows_all_of_a_study_and_lacks_nothing(tmp_path):
    page = report(
        tmp_path, figures={"General loss": a_figure()}, notebook=a_notebook(tmp_path / "milestone.ipynb"), title="Puns"
    )
    assert_stands_alone(page)
    assert "What this report lacks" not in page and 'class="missing' not in page
    assert "<h1>Puns</h1>" in page and "public checkpoints" in page and "head 1.0, head 2.1" in page
    assert "12 items in 6 groups" in page and page.count("i used to be a ") == 6  # three prompts, three contrasts
    assert "log-odds" in page and "559 to 689" in page and "394 to 710" in page
    assert "All six groups rise" in page
    assert "<em>suddenly</em>" in page and "Head 1.0 copies." in page and "nobody's" not in page
    assert "concept_measure" in page and "BEGIN SOLUTION" not in page and "check-concept" not in page
    assert "every method gave a number at every checkpoint" in page and "12 of 49" in page


def test_figures_are_pngs_with_a_caption_and_a_description(tmp_path):
    page = report(tmp_path, figures={"First": a_figure(), "Second": a_figure()})
    pictures = [attributes for tag, attributes in Tags(page).found if tag == "img"]
    assert len(pictures) == 2 and all(picture["src"].startswith("data:image/png;base64,iVBOR") for picture in pictures)
    assert pictures[0]["alt"] == "nats per token: general.loss over training step (log scale)"
    assert "Figure 1: First" in page and "Figure 2: Second" in page
    unnamed = report(tmp_path, figures=[a_figure()])
    assert "Figure 1</figcaption>" in unnamed


def test_a_figure_of_pyplot_and_its_axes_can_be_given_and_stay_open(tmp_path):
    figure, axis = plt.subplots()
    axis.plot([1, 2], [3, 4], label="a curve")
    try:
        page = report(tmp_path, figures=[figure, axis])
        assert page.count("<img") == 2 and plt.fignum_exists(figure.number)
    finally:
        plt.close(figure)


@pytest.mark.parametrize("wrong", ["figure.png", 3, ["figure.png"], {"one": None}])
def test_what_is_no_figure_is_refused_and_nothing_is_written(tmp_path, wrong):
    with pytest.raises(TypeError, match="make_report: .*expected"):
        make_report(made_study(), tmp_path / "study", figures=wrong)
    assert not (tmp_path / "study").exists()


def test_one_figure_alone_and_what_is_no_study_are_refused(tmp_path):
    with pytest.raises(TypeError, match="expected a list"):
        make_report(made_study(), tmp_path, figures=a_figure())
    with pytest.raises(TypeError, match="expected a Study"):
        make_report(made_table(), tmp_path)


def test_hostile_texts_anywhere_are_shown_as_text(tmp_path):
    hostile_study().save(tmp_path)
    notebook = a_notebook(
        tmp_path / "milestone.ipynb", analysis=EVIL_MARKDOWN, interpretation=EVIL_MARKDOWN, code=f'return """{EVIL}"""'
    )
    page = report(tmp_path, load_study(tmp_path), figures={EVIL: a_figure()}, notebook=notebook, title=EVIL)
    assert_stands_alone(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_names_in_figures_and_of_notebooks_are_escaped(tmp_path):
    figure = Figure()
    figure.subplots().plot([1, 2], [1, 2], label='x"><script>alert(1)</script>')
    name = "<script>alert(1)<script>.ipynb"
    page = report(tmp_path, figures=[figure], notebook=tmp_path / name)
    assert_stands_alone(page)
    write_notebook(tmp_path / name, cell("code", EVIL, "x = 1"))
    assert_stands_alone(report(tmp_path, notebook=tmp_path / name))


@pytest.mark.parametrize("text", ["a\x00b\x1b[31m\u202eevil", "half \ud800 of a pair"])
def test_control_characters_and_half_characters_are_no_failure(tmp_path, text):
    notebook = a_notebook(tmp_path / "milestone.ipynb", analysis=text, code=f"return 1  # {text}")
    page = report(tmp_path, made_study(suite=text, arguments={"log-odds": text}), notebook=notebook)
    assert not {"\x00", "\x1b", "\u202e"} & set(page)


def test_a_report_says_at_its_top_what_it_lacks(tmp_path):
    table = with_missing(made_table(), 105, "concept.log_odds.roll", "TimeoutError: took longer than 600 s")
    table = table.drop(columns=[name for name in table if name.startswith("circuit.")])
    page = report(tmp_path, made_study(table=table, claims={}, arguments={}))
    notice = re.search(r'<div class="notice">(.*?)</div>', page, re.DOTALL).group(1)
    for sentence in (
        "Not measured: circuit strength.",
        "No claim about concept loss, log-odds,",
        "1 value missing; the reasons are under Checkpoints.",
        "No figure was given",
        "No notebook was given",
    ):
        assert sentence in notice, sentence
    assert "Nothing is claimed." in page


def test_a_missing_number_is_shown_as_missing_with_its_reason(tmp_path):
    table = with_missing(made_table(), 105, "concept.log_odds.roll", "TimeoutError: took longer than 600 s")
    table.loc[189, "general.loss"] = np.nan
    study = made_study(table=table)
    page = report(tmp_path, study)
    assert page.count('<td class="number missing">missing</td>') == 2 and "nan" not in page.lower().split("</style>")[1]
    assert missing_rows(study) == [
        ("105", "concept.log_odds.roll", "TimeoutError: took longer than 600 s"),
        ("189", "general.loss", "no reason was kept"),
    ]
    assert "TimeoutError: took longer than 600 s" in page and "no reason was kept" in page


def test_a_reason_of_a_method_tells_for_all_of_its_columns():
    table = made_table()
    table.loc[105, [name for name in table if name.startswith("probe.")]] = np.nan
    table.attrs["errors"] = {(105, "probe"): "OutOfMemoryError: 3 GB"}
    assert missing_rows(made_study(table=table)) == [("105", "probe", "OutOfMemoryError: 3 GB")]


def test_a_metric_without_a_place_has_a_dash_and_no_number(tmp_path):
    study = made_study()
    reported = study.reported.copy()
    reported.loc[0, ["step", "low", "high", "after", "by"]] = np.nan
    reported.loc[0, "verdict"] = "none"
    page = report(tmp_path, replace(study, reported=reported))
    row = re.search(r"<tr><td[^>]*>concept loss</td><td class=\"verdict none\">.*?</tr>", page).group()
    assert row.count("\N{EN DASH}") == 3 and "nan" not in row


def test_an_empty_study_still_makes_a_report(tmp_path):
    study = made_study()
    empty = replace(
        study, table=study.table.iloc[:0], reported=study.reported.iloc[:0], claims={}, circuit=[], seed=None
    )
    page = report(tmp_path, empty)
    assert "The emergence table is empty." in page and "0 of 49" in page and "none was named" in page
    without = report(tmp_path, replace(empty, table=study.table.iloc[:, :0]))
    assert "Not measured: concept loss, log-odds" in without


def test_a_claim_against_the_table_without_an_argument_stands_out(tmp_path):
    study = made_study(claims={"log-odds": "gradual"}, arguments={})
    page = report(tmp_path, study)
    assert '<td class="missing">sudden</td><td>none is given</td>' in page


@pytest.mark.parametrize(
    "analysis, told, shown",
    [
        ("*Write your answer here.*", "Not written yet: the cell still ends in", "When?"),
        ("Mine.\n\n*Write your answer here.*", "Not written yet: the cell still ends in", "Mine."),
        ("*Write your answer here.*\n\nMine.", "", "Mine."),
        ("Mine.\n\n" + SCHEME.format("Four points."), "", "Mine."),
        (SOLUTION.format("Mine."), "", "Mine."),
    ],
)
def test_an_answer_is_told_from_what_asks_for_one(tmp_path, analysis, told, shown):
    page = report(tmp_path, notebook=a_notebook(tmp_path / "milestone.ipynb", analysis=analysis))
    assert ("Not written yet" in page) == bool(told) and told in page and shown in page
    assert "Four points." not in page and "SOLUTION" not in page


def test_an_answer_whose_cell_is_gone_or_empty_is_told(tmp_path):
    path = write_notebook(tmp_path / "milestone.ipynb", cell("markdown", "emergence_analysis", " \n"))
    page = report(tmp_path, notebook=path)
    assert "Not written yet: the cell is empty." in page
    assert "milestone.ipynb has no written answer mechanistic_interpretation" in page
    assert "milestone.ipynb holds no cell of an exercise" in page


def test_code_that_is_still_a_stub_is_told(tmp_path):
    notebook = a_notebook(tmp_path / "milestone.ipynb", code='raise NotImplementedError("Exercise 2.1")')
    assert '<span class="missing">not written yet</span>' in report(tmp_path, notebook=notebook)


def test_every_answer_and_exercise_of_a_notebook_as_it_ships_is_found_and_found_unwritten():
    notebook = read_notebook(ROOT / "notebooks" / "grokking" / "grokking.ipynb")
    written = [found.grade_id for found in notebook.cells if found.kind == "markdown"]
    assert len(written) == 3 and all(notebook.answer(name).lacking for name in written)
    assert len(notebook.exercises) == 15 and all(found.lacking == "not written yet" for found in notebook.exercises)


def test_a_notebook_that_is_not_there_or_not_readable_is_told_in_the_report(tmp_path):
    path = tmp_path / "milestone.ipynb"
    assert "milestone.ipynb is not there: save the notebook" in report(tmp_path, notebook=path)
    for content in (
        "{",
        "[]",
        '{"cells": [3]}',
        '{"cells": [{"metadata": {"nbgrader": {"grade_id": "a"}}}]}',
        "[" * 9999,
    ):
        path.write_text(content)
        with pytest.raises(NotebookFileError, match="save it again"):
            read_notebook(path)
        assert "cannot be read as a notebook" in report(tmp_path, notebook=path)
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as a notebook" in report(tmp_path, notebook=path)


def test_a_report_tells_when_its_notebook_was_saved(tmp_path):
    path = a_notebook(tmp_path / "milestone.ipynb")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert "as saved on" in report(tmp_path, notebook=path) and "November 2023" in report(tmp_path, notebook=path)


def test_nothing_half_written_is_left_and_an_older_report_stays(tmp_path, monkeypatch):
    path = make_report(made_study(), tmp_path)
    before = path.read_bytes()

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(study_report.os, "replace", no_room)
    with pytest.raises(OSError, match="No space left"):
        make_report(made_study(suite="another"), tmp_path)
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"] and path.read_bytes() == before


def test_a_figure_that_cannot_be_drawn_leaves_the_older_report(tmp_path):
    path = make_report(made_study(), tmp_path)
    before = path.read_bytes()
    figure = Figure()
    figure.subplots().set_title(r"$\nosuchthing{$")
    with pytest.raises(ValueError, match="nosuchthing"):
        make_report(made_study(), tmp_path, figures=[figure])
    assert path.read_bytes() == before


def test_the_same_study_gives_the_same_report(tmp_path):
    assert report(tmp_path, figures=[a_figure()]) == report(tmp_path, figures=[a_figure()])


def test_many_missing_values_are_counted_beyond_what_is_shown(tmp_path):
    table = made_table()
    table.attrs["errors"] = {(step, f"extra {number}"): "gone" for step in table.index for number in range(10)}
    page = report(tmp_path, made_study(table=table))
    assert "120 values missing" in page and "and 60 more, in study.json" in page


@pytest.mark.parametrize(
    "text, shown",
    [
        ("[a](https://x.org/?a=1&b=2)", 'a <span class="address">(https://x.org/?a=1&amp;b=2)</span>'),
        ("<https://x.org>", "<p>https://x.org</p>"),
        ("![two `heads`](p.png)", "[picture: two `heads`]"),
        ("![](p.png)", "[picture: no description]"),
        ("# Title", "<h3>Title</h3>"),
        ("###### Title", "<h6>Title</h6>"),
        ("a<br>b", "a&lt;br&gt;b"),
        ("[a](javascript:x)", "[a](javascript:x)"),
    ],
)
def test_markdown_is_plain_html(text, shown):
    assert shown in markdown_to_html(text)


@pytest.mark.parametrize(
    "value, text",
    [(0.0, "0.000"), (-0.0001, "0.000"), (99.999, "100.00"), (-12.3, "-12.30"), (1234.5, "1,234"), (5e20, "5e+20")],
)
def test_numbers_are_short(value, text):
    assert number_in_words(value) == text


def test_examples_come_from_different_groups():
    concept = made_study().concept
    assert len({item.group for item in examples(concept)}) == 3
    assert len(examples(Concept("small", concept.items[:2]))) == 2


def test_course_utils_stays_light():
    code = "import sys, course_utils, course_utils.studies.file; print({'jinja2', 'markdown_it', 'pygments', 'matplotlib'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
