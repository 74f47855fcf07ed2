"""The exercises of `pun_emergence` keep their promises."""

from tests.exercises.promises import *  # noqa: F403 - the tests themselves

NOTEBOOK = "pun_emergence"
