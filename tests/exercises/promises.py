"""What every exercise promises: misconceptions fail and are named, alternatives pass, a lookup table is no answer.

Each notebook has a file of tests, which imports these: `NOTEBOOK` there says of which exercises they are asked (`conftest.py`).
"""

import pytest

from autograder.assignments import Variant
from autograder.authoring.lint import MIN_ALTERNATIVES, MIN_MISCONCEPTIONS
from autograder.exercises import PUBLIC, find_exercise
from autograder.exercises.cases import RunCases, public_cases
from course_utils.checking.diagnosis import likely_cause, mismatches, report
from course_utils.checking.outcomes import read_outcome
from course_utils.checking.public_cases import load_public_cases

NONCES = ("first", "second")


def outcomes_of(given: dict, variant: Variant) -> list:
    return [read_outcome(form) for form in given[variant]]


@pytest.mark.parametrize("nonce", [NONCES[0], pytest.param(NONCES[1], marks=pytest.mark.slow)])
def test_misconceptions_fail_and_are_named_and_alternatives_pass(outcomes_by_nonce, assignment, variant, kind, nonce):
    cases, sets, given = outcomes_by_nonce(assignment, nonce)
    case_set, outcomes = sets[variant.exercise], outcomes_of(given, variant)
    wrong = mismatches(case_set, outcomes)
    if kind == "alternatives":
        assert not any(wrong), [str(mismatch) for mismatch in wrong if mismatch]
        return
    public = cases[variant.exercise].public
    assert any(wrong[:public]), "the public cases do not tell this misconception from a right answer"
    assert any(wrong[public:]), "the fresh cases do not tell this misconception from a right answer"
    cause = likely_cause(case_set, outcomes, wrong)
    assert cause is not None
    assert cause.cause == variant.cause


class TestExercise:
    def test_has_enough_variants(self, assignment, exercise):
        assert len(assignment.misconceptions(exercise)) >= MIN_MISCONCEPTIONS
        assert len(assignment.alternatives(exercise)) >= MIN_ALTERNATIVES

    def test_shipped_public_cases_are_what_the_solved_notebook_gives(self, outcomes_by_nonce, assignment, exercise):
        cases, sets, given = outcomes_by_nonce(assignment, NONCES[0])
        shipped, count = load_public_cases(exercise), cases[exercise].public
        assert [case.label for case in shipped.cases] == [case["label"] for case in cases[exercise].forms[:count]]
        assert not any(mismatches(shipped, list(sets[exercise].expected[:count])))
        for misconception, variant in zip(shipped.misconceptions, assignment.misconceptions(exercise), strict=True):
            assert misconception.name == variant.name
            told = " ".join(
                report(shipped, outcomes_of(given, variant)[:count]).split()
            )  # lines are broken to be readable
            assert variant.cause in told

    def test_the_same_nonce_draws_the_same_cases_and_another_one_others(self, assignment, exercise):
        drawn = find_exercise(assignment.name, exercise)
        assert drawn.draw("a") == drawn.draw("a")
        assert drawn.draw("a") != drawn.draw("b")

    def test_a_table_of_the_public_cases_does_not_answer_the_fresh_ones(self, outcomes_by_nonce, assignment, exercise):
        cases, sets, _ = outcomes_by_nonce(assignment, NONCES[0])
        count = cases[exercise].public
        known = [form["inputs"] for form in cases[exercise].forms[:count]]
        unknown = [form for form in cases[exercise].forms[count:] if form["inputs"] not in known]
        assert len(unknown) >= 2

    def test_no_single_answer_fits_all_cases(self, outcomes_by_nonce, assignment, exercise):
        _, sets, _ = outcomes_by_nonce(assignment, NONCES[0])
        case_set = sets[exercise]
        for constant in case_set.expected:
            assert any(mismatches(case_set, [constant] * len(case_set.cases)))


def test_public_cases_are_drawn_from_a_seed_that_everybody_has(assignment, exercise):
    run: RunCases = public_cases(assignment.name, [exercise])[exercise]
    assert [case.to_json() for case in find_exercise(assignment.name, exercise).draw(PUBLIC)] == list(run.forms)
