"""Where the checkpoints of a study are, as its file names them."""

from types import SimpleNamespace

import pytest

from course_utils import load_suite
from course_utils.studies.sources import study_suite
from course_utils.suites.hub import HubSuite


def test_a_suite_that_ships_is_named_as_it_was_asked_for():
    assert study_suite(load_suite("pun-world")) == {"kind": "shipped", "suite": "pun-world", "seed": None}
    one_of_several = load_suite("induction_classroom", seed=3)
    assert study_suite(one_of_several) == {"kind": "shipped", "suite": "induction_classroom", "seed": 3}


def test_a_run_of_ones_own_is_named_by_no_path(tmp_path):
    run = load_suite("grokking_classroom").run.thinned([0, 1000])
    suite = load_suite(run.save(tmp_path / "mine"))
    assert study_suite(suite) == {"kind": "run", "suite": "run", "seed": None}


def test_a_repository_is_named_and_any_other_suite_is_refused():
    repository = HubSuite.__new__(HubSuite)
    repository.name = "EleutherAI/pythia-70m"
    assert study_suite(repository) == {"kind": "hub", "suite": "EleutherAI/pythia-70m", "seed": None}
    with pytest.raises(TypeError, match="got a SimpleNamespace; a study names a suite that ships"):
        study_suite(SimpleNamespace(name="mine"))
