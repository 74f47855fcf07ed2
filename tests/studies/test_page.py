"""The page of a study for whoever grades by hand: drawn anew, compared, safe to open, and there whatever a study holds."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from html import unescape

import numpy as np
import pandas as pd
import pytest

import autograder.studies.page as study_pages
from autograder.studies.comparison import compared, emergence_table
from autograder.studies.drawing import MOST_STEPS, _places, _short, described, drawn
from autograder.studies.page import write_study_page
from course_utils.studies.file import load_study
from course_utils.studies.findings import Finding
from tests.helpers.made_studies import (
    CIRCUIT,
    EVIL,
    STEPS,
    emergence_of,
    hostile_study,
    made_study,
    made_table,
    transitions_of,
    with_missing,
)
from tests.studies.test_report import Tags, assert_stands_alone

FINDINGS = [
    Finding("metrics", True, "All eight metrics are there."),
    Finding("claims", None, "The claim is not what the data give: read the argument."),
    Finding("coverage", False, "One checkpoint before the change."),
]


def page_of(tmp_path, study, findings=(), *, why_none="", student="ada", **options):
    path = write_study_page(study, why_none, findings, student, path=tmp_path / "pages" / "ada.html", **options)
    return path.read_text(encoding="utf-8")


def told(page):
    """The text of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("</style>")[1])).split())


def read_back(study, folder):
    """The study as the grader gets it: written and parsed again."""
    study.save(folder)
    return load_study(folder)


def test_a_page_shows_all_that_a_grader_needs(tmp_path):
    page = page_of(tmp_path, read_back(made_study(), tmp_path), FINDINGS, total=31, max_score=40)
    assert_stands_alone(page)
    text = told(page)
    assert (
        "31 of 40 points so far" in text and "Approach A: public checkpoints" in text and "head 1.0, head 2.1" in text
    )
    assert "1 not passed, 1 to decide, 1 passed" in text
    assert text.index("coverage") < text.index("read the argument") < text.index("All eight")
    assert "log-odds , claimed sudden: All six groups rise" in text
    assert "trade puns, 12 items in 6 groups" in text and "i used to be a banker but i had no interest" in text
    assert "under Manage Students, ada, milestone" in text and "graded : " not in text


def test_what_is_reported_as_the_numbers_give_it_differs_nowhere(tmp_path):
    page = page_of(tmp_path, read_back(made_study(), tmp_path))
    assert 'differs"' not in page.split("</style>")[1]
    assert told(page).count("559 to 689") == 2


def test_differences_are_emphasised_on_both_sides(tmp_path):
    study = made_study()
    reported = study.reported.copy()
    reported.loc[reported.metric == "log-odds", ["verdict", "step"]] = ["gradual", 450.0]
    reported.loc[reported.metric == "general loss", ["low", "high"]] = [90.0, 160.0]
    page = page_of(tmp_path, replace(study, reported=reported))
    differing = re.findall(r'<td class="[^"]*\bdiffers">([^<]*)</td>', page)
    assert sorted(differing) == ["102 to 125", "450", "623", "90 to 160", "gradual", "sudden"]


def test_a_claim_that_is_not_what_the_numbers_give_is_emphasised(tmp_path):
    study = made_study(claims={**made_study().claims, "log-odds": "gradual", "poise": "sudden"})
    page = page_of(tmp_path, study)
    assert '<td class="differs">gradual</td>' in page and "Also claimed: poise sudden" in told(page)


def test_rows_that_only_one_side_has_are_told(tmp_path):
    study = made_study()
    reported = pd.concat(
        [study.reported[study.reported.metric != "log-odds"], study.reported.iloc[[0]].assign(metric="poise")]
    )
    text = told(page_of(tmp_path, replace(study, reported=reported)))
    assert "not reported" in text and "not recomputed" in text


def test_comparison_allows_for_rounding_and_for_nothing_else():
    transitions = transitions_of(made_table(), CIRCUIT)
    exact = emergence_table(transitions)
    assert not any(row.differing for row in compared(exact, transitions))
    rounded = exact.round({"step": 0, "low": 0, "high": 0})
    assert not any(row.differing for row in compared(rounded, transitions))
    exact.loc[0, "step"] *= 1.05
    assert compared(exact, transitions)[0].differing == {"step"}
    exact.loc[0, "by"] = np.nan
    assert compared(exact, transitions)[0].differing == {"step", "between"}
    pd.testing.assert_frame_equal(emergence_table(transitions), emergence_of(transitions))


def test_figures_are_drawn_and_differ_with_the_numbers(tmp_path):
    study = made_study()
    first = page_of(tmp_path, study)
    pictures = [attributes["src"] for tag, attributes in Tags(first).found if tag == "img"]
    assert len(pictures) == 1 and pictures[0].startswith("data:image/png;base64,iVBOR")
    other = page_of(tmp_path, made_study(table=made_table(seed=3)))
    assert pictures[0] not in other
    assert page_of(tmp_path, study) == first


def test_a_picture_has_a_panel_for_each_metric_with_its_verdict(monkeypatch):
    kept = []
    monkeypatch.setattr("autograder.studies.drawing.picture", lambda figure, dpi: kept.append(figure) or "")
    table = with_missing(made_table(), 105, "concept.log_odds.roll", "gone")
    study = made_study(table=table, seeds={1: made_table(1)})
    drawn(study, described(study))
    strip, *panels = kept[0].axes
    assert strip.get_title(loc="left").startswith("12 of 49 checkpoints used")
    titles = [panel.get_title(loc="left").replace("\n", ", ") for panel in panels]
    assert len(titles) == 8 and titles[1].startswith("log-odds (nats), sudden near 6")
    crosses = [line for line in panels[1].get_lines() if line.get_marker() == "x"]
    assert [list(line.get_xdata()) for line in crosses] == [[105]]
    assert all(panel.get_xscale() == "symlog" for panel in kept[0].axes)


def test_no_figure_stays_with_pyplot(tmp_path):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    page_of(tmp_path, made_study())
    assert plt.get_fignums() == before


def test_nothing_of_a_display_is_needed(tmp_path):
    code = f"""
import os, sys
os.environ["MPLBACKEND"] = "module://no_such_backend"
from tests.helpers.made_studies import made_study
from autograder.studies.page import write_study_page
from pathlib import Path
write_study_page(made_study(), "", [], "ada", path=Path({str(tmp_path / "page.html")!r}))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert (tmp_path / "page.html").is_file()


def test_hostile_texts_anywhere_are_shown_as_text(tmp_path):
    findings = [Finding(EVIL, passed, EVIL) for passed in (True, None, False)]
    options = {"student": EVIL, "assignment": EVIL, "status": "repaired", "notes": [EVIL]}
    page = page_of(tmp_path, read_back(hostile_study(), tmp_path), findings, **options)
    assert_stands_alone(page)
    assert_stands_alone(page_of(tmp_path, None, findings, why_none=EVIL, **options))


def test_control_characters_are_gone_and_half_characters_are_no_failure(tmp_path):
    text = "a\x00b\x1b[31mred\x1b[0m\u202e\ud800c"
    study = made_study(suite=text, arguments={"log-odds": text}, claims={text: text})
    page = page_of(
        tmp_path, read_back(study, tmp_path), [Finding(text, None, text)], student=text, formgrader="http://x"
    )
    assert not {"\x00", "\x1b", "\u202e"} & set(page) and "abred?c" in page


def test_a_link_to_the_written_answers_is_only_to_the_given_server(tmp_path):
    page = page_of(tmp_path, made_study(), student='a/"b', formgrader="http://localhost:8888/")
    assert re.findall(r'href="([^"]*)"', page) == [
        "http://localhost:8888/formgrader/manage_students/a%2F%22b/milestone"
    ]
    with pytest.raises(ValueError, match="expected the server's address"):
        page_of(tmp_path, made_study(), formgrader="javascript:alert(1)")


def test_a_page_without_a_study_says_why(tmp_path):
    page = page_of(tmp_path, None, why_none="study.json is not there", status="missing", notes=["Nothing came."])
    assert_stands_alone(page)
    text = told(page)
    assert "No study could be read. study.json is not there" in text and "No notebook was handed in." in text
    assert "Nothing came." in text and "no points yet" in text and "<img" not in page


def test_a_missing_number_is_told_as_missing_with_its_reason(tmp_path):
    table = with_missing(made_table(), 105, "general.loss", "TimeoutError: 600 s")
    page = page_of(tmp_path, made_study(table=table))
    assert "Missing: step 105, general.loss: TimeoutError: 600 s" in told(page) and "nan" not in told(page).lower()


def odd_tables():
    rng = np.random.default_rng(0)
    table = made_table()
    yield "no step", table.iloc[:0]
    yield "no column", table.iloc[:, :0]
    yield "one step", table.iloc[:1]
    yield "only step 0", table.iloc[:1]
    yield "three steps", table.iloc[:3]
    yield "all missing", table * np.nan
    yield "one metric", table[["general.loss"]]
    yield "constant", table * 0
    yield "huge", table * 1e29
    yield "tiny", table * 1e-300
    yield "small", table * 1e-118
    yield "huge and tiny", pd.DataFrame(rng.choice([1e29, -1e29, 1e-300, 0], table.shape), table.index, table.columns)
    for digits in (6, 7, 8, 9, 12, 15):
        yield f"steps of {digits} digits", table.set_axis(pd.RangeIndex(10**digits, 10**digits + len(table)))
    yield "a cluster of steps", table.set_axis(pd.Index([0, 1, *range(2**53 - len(table) + 2, 2**53)]))
    yield "unknown columns", table.add_prefix("x")
    wide = pd.DataFrame(rng.normal(size=(MOST_STEPS, 2900)), columns=[f"probe.{n}" for n in range(2900)])
    yield "wide", wide
    yield "long", pd.DataFrame(rng.normal(size=(100, 2)), columns=["probe.a", "general.loss"])
    yield "long and missing", pd.DataFrame(np.full((100, 30), np.nan), columns=[f"probe.{n}" for n in range(30)])


@pytest.mark.parametrize("table", [pytest.param(table, id=name) for name, table in odd_tables()])
def test_any_table_that_can_be_read_gets_a_page_soon(tmp_path, table):
    table = table.rename_axis("step")
    table.attrs["errors"] = {}
    study = read_back(replace(made_study(), table=table, steps_available=[0, *map(int, table.index)]), tmp_path)
    started = time.process_time()
    page = page_of(tmp_path, study, FINDINGS)
    assert time.process_time() - started < 12
    assert_stands_alone(page)
    assert page.count("<img") == 1 and "nan" not in told(page).lower()


@pytest.mark.parametrize(
    "steps, column, sentence",
    [
        ([], "general.loss", "The table has no checkpoint"),
        (list(range(MOST_STEPS + 1)), "general.loss", f"{MOST_STEPS + 1} checkpoints; more than {MOST_STEPS}"),
        ([1, 2, 3], "something", "no column of a metric"),
    ],
)
def test_a_table_that_is_not_drawn_says_why(tmp_path, steps, column, sentence):
    table = pd.DataFrame({column: np.arange(len(steps), dtype=float)}, index=pd.Index(steps, name="step", dtype=int))
    assert sentence in told(page_of(tmp_path, replace(made_study(), table=table)))


def test_long_texts_and_tables_are_cut_and_said_to_be(tmp_path):
    study = made_study()
    long = "word " * 900
    reported = pd.concat([study.reported.assign(metric=f"m{number}") for number in range(400)], ignore_index=True)
    many = {f"claim {number}": "sudden" for number in range(2000)}
    page = page_of(
        tmp_path, replace(study, reported=reported, claims=many, arguments={"log-odds": long}, circuit=["head"] * 900)
    )
    assert "characters more" in page and len(page) < 400_000


def test_available_steps_beyond_number_are_thinned(tmp_path):
    available = sorted({*STEPS, *range(0, 400_000)})
    started = time.process_time()
    page_of(tmp_path, made_study(steps_available=available))
    assert time.process_time() - started < 8


def test_transitions_that_are_known_are_not_computed_again(tmp_path, monkeypatch):
    study = made_study()
    known = described(study)
    page = page_of(tmp_path, study)
    monkeypatch.setattr(study_pages, "described", lambda _: pytest.fail("computed again"))
    assert page_of(tmp_path, study, transitions=known) == page


def test_nothing_half_written_is_left_and_an_older_page_stays(tmp_path, monkeypatch):
    before = page_of(tmp_path, made_study())

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.keeping.whole_files.os.replace", no_room)
    with pytest.raises(OSError, match="No space left"):
        page_of(tmp_path, made_study(suite="another"))
    assert [found.name for found in (tmp_path / "pages").iterdir()] == ["ada.html"]
    assert (tmp_path / "pages" / "ada.html").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "steps, places",
    [([0, 16, 10_000], [0, 100, 1000, 10_000]), ([3, 7], [3, 7]), ([0], [0, 1]), ([], [1]), ([512], [512])],
)
def test_labels_stand_at_powers_of_ten(steps, places):
    assert _places(steps) == places


@pytest.mark.parametrize(
    "step, text", [(0, "0"), (512, "512"), (1000, "1k"), (1500, "1,500"), (20_000, "20k"), (2e6, "2M")]
)
def test_steps_are_short(step, text):
    assert _short(step) == text
