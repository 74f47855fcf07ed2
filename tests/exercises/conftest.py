"""The exercises of a test file's notebook, and what their solved notebook and every variant give, computed once for each nonce."""

import pytest

from autograder.assignments import Assignment, find_assignment
from autograder.authoring.notebooks import exercise_ids, solved_notebook
from autograder.authoring.reference import case_set_form, outcome_forms
from autograder.exercises.cases import run_cases
from course_utils.checking.public_cases import read_case_set

pytest.register_assert_rewrite("tests.exercises.promises")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask a promise of every exercise, or of every variant of it, of the notebook that the test file names."""
    if not hasattr(metafunc.module, "NOTEBOOK"):
        return
    assignment = find_assignment(metafunc.module.NOTEBOOK)
    ids = exercise_ids(solved_notebook(assignment))
    if "variant" in metafunc.fixturenames:
        variants = [
            (assignment, variant, kind)
            for exercise in ids
            for kind in ("misconceptions", "alternatives")
            for variant in getattr(assignment, kind)(exercise)
        ]
        names = [f"{variant.exercise}-{kind[:-1]}-{variant.name}" for _, variant, kind in variants]
        metafunc.parametrize(("assignment", "variant", "kind"), variants, ids=names)
    elif "exercise" in metafunc.fixturenames:
        metafunc.parametrize(("assignment", "exercise"), [(assignment, exercise) for exercise in ids], ids=ids)


@pytest.fixture(scope="session")
def outcomes_by_nonce():
    """For a notebook and a nonce: cases, case sets, and what every variant gives, each computed at its first use.

    The solved notebook runs once for each, all variants in it: both come from one kernel, and importing torch is paid once.
    """
    computed: dict = {}

    def get(assignment: Assignment, nonce: str) -> tuple:
        key = (assignment.name, nonce)
        if key not in computed:
            ids = exercise_ids(solved_notebook(assignment))
            cases = run_cases(assignment.name, ids, nonce)
            wrong = [variant for id in ids for variant in assignment.misconceptions(id)]
            right = [variant for id in ids for variant in assignment.alternatives(id)]
            expected, given = outcome_forms(assignment, cases, [*wrong, *right], sandboxed=False)
            of_wrong = {variant: given[variant] for variant in wrong}
            forms = {id: case_set_form(run, expected[id], of_wrong) for id, run in cases.items()}
            computed[key] = cases, {id: read_case_set(form) for id, form in forms.items()}, given
        return computed[key]

    return get
