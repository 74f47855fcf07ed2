"""The exercises of `induction_heads` keep their promises."""

from tests.exercises.promises import *  # noqa: F403 - the tests themselves

NOTEBOOK = "induction_heads"
