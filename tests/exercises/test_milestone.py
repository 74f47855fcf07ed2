"""The exercises of `milestone` keep their promises."""

from tests.exercises.promises import *  # noqa: F403 - the tests themselves

NOTEBOOK = "milestone"
