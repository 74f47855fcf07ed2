"""The exercises of `grokking` keep their promises."""

from tests.exercises.promises import *  # noqa: F403 - the tests themselves

NOTEBOOK = "grokking"
