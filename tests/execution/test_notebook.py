"""Executing: every kind of code comes back, in time, and one cell's end is not the end of the others."""

import time

import nbformat
import psutil
import pytest

from autograder.execution.limits import MIB, Limits
from autograder.execution.notebook import execute
from course_utils.checking.cell import ANSWERS_MIME

QUICK = Limits(cell_seconds=2, notebook_seconds=40)
CASES = {"doubled_value.json": '[{"label": "two", "inputs": {"number": 2.0}}]'}
CHECK = 'from course_utils import check\ncheck("doubled_value", doubled_value)'


def notebook(*sources: str, **tags: list[str]):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    for id, values in tags.items():
        cells[int(id.removeprefix("cell_"))].metadata["tags"] = values
    return nbformat.v4.new_notebook(cells=cells)


def with_check(*sources: str):
    made = notebook(*sources, CHECK)
    made.cells[-1].metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": "check-doubled_value"}
    return made


def printed(execution, index: int) -> str:
    return "".join(output.get("text", "") for output in execution.notebook.cells[index].outputs)


def kinds(execution) -> list[str]:
    return [event.kind for event in execution.events]


pytestmark = pytest.mark.usefixtures("sandbox")


def test_cells_run_in_order_errors_do_not_stop_them_and_experiments_are_left_out():
    given = notebook("x = 1", "1 / 0", "print(x)", "print('an experiment')", cell_3=["experiment"])
    execution = execute(given, {}, limits=QUICK)
    assert execution.notebook.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert printed(execution, 2) == "1\n"
    assert execution.notebook.cells[3].outputs == []
    assert execution.events == ()
    assert all(cell.outputs == [] for cell in given.cells), "the argument was changed"


def test_a_check_hands_out_its_answers():
    execution = execute(with_check("def doubled_value(number):\n    return 2 * number"), CASES, limits=QUICK)
    payload = execution.notebook.cells[-1].outputs[0]["data"][ANSWERS_MIME]
    assert payload == {"exercise": "doubled_value", "outcomes": [{"value": 4.0}]}


def test_what_a_function_raises_is_an_outcome_with_its_place_in_the_cell():
    execution = execute(with_check("def doubled_value(number):\n    return number['x']"), CASES, limits=QUICK)
    outcome = execution.notebook.cells[-1].outputs[0]["data"][ANSWERS_MIME]["outcomes"][0]
    assert outcome["error"] == "TypeError"
    assert "line 2 of the cell, in doubled_value" in outcome["where"]


@pytest.mark.parametrize(
    "ending", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "exit()"]
)
def test_a_kernel_that_ends_is_started_again_after_the_cell_that_ended_it(ending):
    execution = execute(notebook("x = 1", ending, "print(x)"), {}, limits=QUICK)
    assert printed(execution, 2) == "1\n"
    assert kinds(execution) == ["kernel-died"]
    assert execution.events[0].cell_id == "cell-1"


def test_a_kernel_that_ends_again_and_again_is_given_up_and_that_is_said():
    execution = execute(notebook(*["import os; os._exit(1)"] * 6, "print(1)"), {}, limits=QUICK)
    assert set(kinds(execution)) == {"kernel-died"}
    assert execution.events[-1].cell_id == "cell-6"
    assert printed(execution, 6) == ""


def test_an_endless_loop_is_interrupted_and_the_next_cell_runs_in_the_same_kernel():
    execution = execute(notebook("x = 1", "x = 2\nwhile True: pass", "print(x)"), {}, limits=QUICK)
    assert printed(execution, 2) == "2\n"
    assert kinds(execution) == ["timeout"]


def test_a_loop_that_ignores_interrupts_is_stopped_with_its_kernel():
    stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    execution = execute(notebook("x = 1", stubborn, "print(x)"), {}, limits=QUICK)
    assert printed(execution, 2) == "1\n"
    assert "timeout" in kinds(execution)
    assert execution.seconds < 30


def test_the_notebook_has_a_deadline_whatever_its_cells_do():
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"
    started = time.monotonic()
    execution = execute(notebook(*[stubborn] * 5), {}, limits=Limits(cell_seconds=60, notebook_seconds=4))
    assert time.monotonic() - started < 15
    assert set(kinds(execution)) == {"timeout"}


def test_a_memory_bomb_is_stopped_and_named():
    bomb = "hoard = [b'x' * 10**7 for _ in range(1000)]"
    execution = execute(notebook("x = 1", bomb, "print(x)"), {}, limits=Limits(memory_bytes=300 * MIB, cell_seconds=30))
    assert kinds(execution) == ["out-of-memory"]
    assert printed(execution, 2) == "1\n"


def test_a_fork_bomb_is_stopped_with_all_its_children():
    bomb = "import os, time\nfor _ in range(60):\n    if os.fork() == 0:\n        time.sleep(60)\ntime.sleep(5)"
    execution = execute(notebook(bomb, "print(1)"), {}, limits=Limits(processes=20, cell_seconds=10))
    assert kinds(execution) == ["kernel-died"]
    assert printed(execution, 1) == "1\n"


def test_a_daemon_does_not_outlive_its_notebook():
    mark = "course-kit-daemon-of-a-test"
    daemon = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', '{mark}'], start_new_session=True)\n"
    )
    execute(notebook(daemon), {}, limits=QUICK)
    left = [process for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or [])]
    assert left == []


def test_a_flood_of_output_is_cut():
    limits = Limits(output_bytes=MIB, cell_seconds=20)
    execution = execute(notebook("for _ in range(200):\n    print('x' * 100_000)", "print(1)"), {}, limits=limits)
    kept = sum(len(str(output)) for cell in execution.notebook.cells for output in cell.outputs)
    assert kept < 2 * MIB
    assert "too-much-output" in kinds(execution)


def test_input_fails_at_once():
    execution = execute(notebook("input('name? ')", "print(1)"), {}, limits=QUICK)
    assert execution.notebook.cells[0].outputs[0].ename == "StdinNotImplementedError"
    assert execution.events == ()


def test_answers_that_are_too_large_are_not_kept():
    source = "def doubled_value(number):\n    return 'x' * 2_000_000"
    execution = execute(with_check(source), CASES, limits=Limits(answer_bytes=MIB, output_bytes=MIB, cell_seconds=10))
    assert not any(ANSWERS_MIME in output.get("data", {}) for output in execution.notebook.cells[-1].outputs)


def test_several_notebooks_run_at_the_same_time():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda n: execute(notebook(f"print({n})"), {}, limits=QUICK), range(3)))
    assert [printed(execution, 0) for execution in made] == ["0\n", "1\n", "2\n"]


def test_without_a_sandbox_the_same_comes_out():
    execution = execute(
        with_check("def doubled_value(number):\n    return 2 * number"), CASES, limits=QUICK, sandboxed=False
    )
    assert execution.notebook.cells[-1].outputs[0]["data"][ANSWERS_MIME]["outcomes"] == [{"value": 4.0}]
