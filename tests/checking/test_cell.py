"""What a student sees: `check` in their kernel, on the public cases of the grokking notebook."""

import subprocess
import sys

import numpy as np
import pytest

from course_utils import check
from course_utils.checking.cell import CheckFailed


def right(steps, train_accuracy, test_accuracy, threshold=0.99):
    def settled(accuracy):
        below = np.flatnonzero(accuracy < threshold)
        first = below[-1] + 1 if len(below) else 0
        return int(steps[first]) if first < len(steps) else None

    return settled(train_accuracy), settled(test_accuracy)


def test_success_says_what_was_checked_and_no_more(capsys):
    check("grokking_steps", right)
    said = capsys.readouterr().out
    assert said.startswith("grokking_steps: public cases pass (")
    assert "all tests" not in said.lower()


def test_failure_says_what_came_what_was_expected_the_likely_cause_and_the_hint():
    def positions(steps, train_accuracy, test_accuracy, threshold=0.99):
        answer = right(np.arange(len(steps)), train_accuracy, test_accuracy, threshold)
        return answer

    with pytest.raises(CheckFailed) as caught:
        check("grokking_steps", positions)
    message = str(caught.value)
    assert "case 1, five checkpoints by hand:   got (2, 4)   expected (30, 300)" in message
    assert "likely cause: That is a position in the array." in message
    assert "see hint 2" in message
    assert caught.value._render_traceback_() == message.splitlines()


def test_a_mistake_that_nobody_foresaw_gets_no_invented_cause():
    with pytest.raises(CheckFailed) as caught:
        check("grokking_steps", lambda steps, train_accuracy, test_accuracy, threshold: (7, 8))
    assert "likely cause" not in str(caught.value)
    assert "see the hints above the cell" in str(caught.value)


def test_a_stub_fails_as_a_stub():
    def stub(steps, train_accuracy, test_accuracy, threshold=0.99):
        raise NotImplementedError("Exercise 1.1: replace this line with your code")

    with pytest.raises(NotImplementedError, match="Exercise 1.1"):
        check("grokking_steps", stub)


def test_an_error_of_the_students_is_shown_as_theirs_with_the_case():
    source = "def broken(steps, train_accuracy, test_accuracy, threshold):\n    return steps[10**9]\n"
    namespace: dict = {}
    exec(compile(source, "<ipython-input-1>", "exec"), namespace)
    with pytest.raises(IndexError) as caught:
        check("grokking_steps", namespace["broken"])
    shown = "\n".join(caught.value._render_traceback_())
    assert "the function raised an error on case 1, five checkpoints by hand" in shown
    assert "line 2 of the cell, in broken" in shown
    assert "outcomes.py" not in shown
    assert shown.splitlines()[-1].startswith("IndexError: ")


def test_renamed_parameters_are_said_to_be_that():
    with pytest.raises(CheckFailed, match="Keep the given parameter names"):
        check("grokking_steps", lambda a, b, c, d: (1, 2))


def test_a_result_in_place_of_the_function_is_said_to_be_that():
    with pytest.raises(CheckFailed, match="expected the function itself, got tuple"):
        check("grokking_steps", (30, 300))


def test_an_unknown_exercise_names_the_known_ones():
    with pytest.raises(LookupError, match="grokking_steps"):
        check("no_such_exercise", right)


def test_a_function_that_changes_its_input_in_place_does_not_change_the_next_case():
    def vandal(steps, train_accuracy, test_accuracy, threshold=0.99):
        answer = right(steps, train_accuracy.copy(), test_accuracy.copy(), threshold)
        steps[:], train_accuracy[:], test_accuracy[:] = 0, 0, 0
        return answer

    check("grokking_steps", vandal)
    check("grokking_steps", vandal)


def test_a_lookup_table_or_a_lying_object_is_no_answer():
    class Agreeable(tuple):
        def __eq__(self, other):
            return True

    with pytest.raises(CheckFailed, match="cannot be checked"):
        check("grokking_steps", lambda steps, train_accuracy, test_accuracy, threshold: Agreeable((1, 2)))


def test_importing_the_package_is_light():
    code = "import sys, course_utils; print(sorted({'torch', 'transformers', 'numpy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    code = "import sys; from course_utils import check; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
