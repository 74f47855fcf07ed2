"""A study as a file: what is saved comes back; what nobody could have saved is refused in words, and nothing else happens."""

import json

import numpy as np
import pandas as pd
import pytest

from course_utils.studies.file import MAX_BYTES, MAX_STEPS, StudyFileError, load_study, read_study
from tests.helpers.made_studies import STEPS, made_study, made_table, with_missing


def form(**changes) -> dict:
    return json.loads(json.dumps(made_study().to_json())) | changes


def test_what_is_saved_comes_back(tmp_path):
    study = made_study()
    again = load_study(study.save(tmp_path / "study").parent)
    pd.testing.assert_frame_equal(again.table, study.table)
    pd.testing.assert_frame_equal(again.reported, study.reported[list(again.reported.columns)], check_dtype=False)
    assert again.concept == study.concept
    assert (again.claims, again.circuit, again.steps_available) == (study.claims, study.circuit, study.steps_available)


def test_what_is_missing_stays_missing_with_its_reason(tmp_path):
    table = with_missing(made_table(), STEPS[4], "general.loss", "OSError: no such revision")
    made_study(table=table).save(tmp_path)
    again = load_study(tmp_path)
    assert np.isnan(again.table.loc[STEPS[4], "general.loss"])
    assert again.errors[STEPS[4], "general.loss"] == "OSError: no such revision"
    assert "NaN" not in (tmp_path / "study.json").read_text()


def test_a_folder_without_a_study_says_what_writes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"study\.save"):
        load_study(tmp_path)


@pytest.mark.parametrize("text", ["", "42", "[]", "not json", '{"format": 1}', "[" * 100_000])
def test_what_is_no_study_is_refused(tmp_path, text):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(StudyFileError, match=r"study\.json"):
        load_study(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    (tmp_path / "study.json").write_text("x" * (MAX_BYTES + 1))
    with pytest.raises(StudyFileError, match="MB"):
        load_study(tmp_path)


ITEM = ("id", "prompt", "target", "contrast", "foil", "label", "contrast_label", "group")
WRONG = {
    "another format": {"format": 2},
    "an approach that is none": {"approach": "D"},
    "a place that is none": {"kind": "elsewhere"},
    "a seed as text": {"seed": "0"},
    "a layer as text": {"layer": "last"},
    "a step below 0": {"steps_available": [-1, 2]},
    "too many steps": {"steps_available": list(range(MAX_STEPS + 1))},
    "a suite that is no text": {"suite": ["pun-world"]},
    "a concept without items": {"concept": {"name": "none", "items": []}},
    "an item with another field": {"concept": {"name": "x", "items": [{"prompt": "a", "code": "import os"}]}},
    "an item without a group": {"concept": {"name": "x", "items": [dict.fromkeys(ITEM, "a") | {"group": None}]}},
    "claims as a list": {"claims": ["sudden"]},
    "a claim that is a number": {"claims": {"log-odds": 1}},
    "general text that is text": {"general": "abc"},
    "figures without panels": {"figures": [{}]},
    "a table as a list": {"table": []},
    "steps that do not ascend": {"table": {"steps": [2, 1], "columns": {}, "errors": []}},
    "a step twice": {"table": {"steps": [1, 1], "columns": {}, "errors": []}},
    "a column that is too short": {"table": {"steps": [1, 2], "columns": {"general.loss": [1.0]}, "errors": []}},
    "a column of texts": {"table": {"steps": [1], "columns": {"general.loss": ["1.0"]}, "errors": []}},
    "a number without end": {"table": {"steps": [1], "columns": {"general.loss": [1e31]}, "errors": []}},
    "a truth value for a number": {"table": {"steps": [1], "columns": {"general.loss": [True]}, "errors": []}},
    "errors that are no pairs": {"table": {"steps": [1], "columns": {}, "errors": ["x"]}},
    "seeds that are no numbers": {"seeds": {"first": {"steps": [], "columns": {}, "errors": []}}},
    "a reported table with fewer verdicts": {"reported": {"metric": ["log-odds"], "verdict": []}},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_form_that_no_study_has_is_refused_with_a_sentence(changes):
    with pytest.raises(StudyFileError, match=r"study\.json is not a study"):
        read_study(form(**changes))


def test_infinity_and_nan_in_the_file_are_no_numbers():
    broken = form()
    broken["table"]["columns"]["general.loss"][0] = float("nan")
    with pytest.raises(StudyFileError):
        read_study(broken)


def test_a_study_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    made_study().save(tmp_path)
    before = (tmp_path / "study.json").read_bytes()
    monkeypatch.setattr("course_utils.studies.file.json.dumps", lambda *a, **k: (_ for _ in ()).throw(MemoryError))
    with pytest.raises(MemoryError):
        made_study(claims={}).save(tmp_path)
    assert (tmp_path / "study.json").read_bytes() == before
