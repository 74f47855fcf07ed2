"""Predictors whose rule is known: each does what its rule says, and no more."""

import math

import pytest

from course_utils.attention_only.predictors import losses_of_predictor

VOCABULARY = 1000
BLIND = math.log(VOCABULARY)


def later(rule: str, period: int, confidence: float = 0.9, **settings) -> float:
    return losses_of_predictor(rule, confidence, VOCABULARY, seed=3, **settings)(period)["later"]


@pytest.mark.parametrize("period", [4, 9, 16])
def test_induction_knows_later_occurrences_at_any_period_and_no_first_ones(period):
    losses = losses_of_predictor("induction", 0.9, VOCABULARY, seed=3)(period)
    assert losses["later"] < math.log(2) < BLIND - 0.2 < losses["first"]


def test_an_offset_knows_its_own_period_alone():
    assert later("offset", 12, offset=12) == pytest.approx(-math.log(0.9 + 0.1 / VOCABULARY), abs=1e-3)
    assert later("offset", 11, offset=12) > BLIND
    assert later("offset", 4, offset=12) == pytest.approx(BLIND, abs=1e-3)  # three copies of four end before it knows


def test_the_context_gives_the_number_of_tokens_in_it():
    assert later("context", 8, confidence=0.999) == pytest.approx(math.log(8), abs=0.05)


def test_memory_knows_nothing_of_a_random_sequence():
    assert later("memory", 8) > BLIND


def test_unknown_rules_and_impossible_confidence_are_refused():
    with pytest.raises(KeyError, match="luck"):
        losses_of_predictor("luck", 0.9, VOCABULARY, seed=0)
    with pytest.raises(ValueError, match="confidence=1"):
        losses_of_predictor("induction", 1, VOCABULARY, seed=0)
