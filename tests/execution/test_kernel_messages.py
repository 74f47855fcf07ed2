"""What a kernel may send that is no ordinary output: floods, forgeries, and outputs that multiply."""

import json

import nbformat
import psutil
import pytest

from autograder.execution.kernel_messages import CUT
from autograder.execution.limits import MIB, Limits
from autograder.execution.notebook import Execution, execute
from course_utils.checking.cell import ANSWERS_MIME

pytestmark = pytest.mark.usefixtures("sandbox")

SMALL = Limits(output_bytes=MIB // 2, cell_output_bytes=MIB // 4, answer_bytes=MIB, cell_seconds=6, notebook_seconds=40)
SEND = "ip = get_ipython()\nsend = lambda kind, content: ip.kernel.session.send(ip.kernel.iopub_socket, kind, content, parent=ip.kernel.get_parent())\n"


def executed(*sources: str, check: str = "pass", limits: Limits = SMALL) -> Execution:
    """These cells, then a check cell, executed."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    cells.append(nbformat.v4.new_code_cell(check, id="check"))
    cells[-1].metadata["nbgrader"] = {"grade": True, "solution": False, "grade_id": "check"}
    return execute(nbformat.v4.new_notebook(cells=cells), {}, limits=limits)


def text(execution: Execution, index: int) -> str:
    return "".join(output.get("text", "") for output in execution.notebook.cells[index].outputs)


def kept_bytes(execution: Execution) -> int:
    return len(nbformat.writes(execution.notebook))


def answers(execution: Execution) -> list[object]:
    outputs = execution.notebook.cells[-1].outputs
    return [output["data"][ANSWERS_MIME] for output in outputs if ANSWERS_MIME in output.get("data", {})]


def test_a_little_too_much_output_is_cut_and_the_kernel_goes_on():
    execution = executed("x = 1\nprint('y' * 300_000)", "print(x)")
    assert text(execution, 0).endswith(CUT)
    assert text(execution, 1) == "1\n"
    assert [(event.kind, event.cell_id) for event in execution.events] == [("too-much-output", "cell-0")]


@pytest.mark.parametrize(
    "flood",
    [
        "while True: print('x' * 10**5)",
        "from IPython.display import *\nwhile True: clear_output(); print('x' * 10**5)",
        "from IPython.display import *\nh = display('x', display_id=True)\nwhile True: h.update('x' * 10**5)",
        "from comm import create_comm\nc = create_comm('t')\nwhile True: c.send({'x': 'x' * 10**5})",
        "import threading\ndef flood():\n    while True: print('x' * 10**5)\nthreading.Thread(target=flood).start()\nimport time; time.sleep(20)",
        SEND + "while True: send('display_data', {'data': {'text/plain': 'x' * 12 * 2**20}, 'metadata': {}})",
    ],
    ids=["print", "clear_output", "update_display", "comm", "thread", "large messages"],
)
def test_a_flood_ends_its_kernel_and_the_grader_stays_small(flood):
    before = psutil.Process().memory_info().rss
    execution = executed(flood, "print(1)")
    assert kept_bytes(execution) < MIB
    # A flood so fast that one message outgrows what is received shows nothing at all; its time or its memory runs out.
    assert {event.kind for event in execution.events} & {"too-much-output", "timeout", "out-of-memory"}
    assert text(execution, 1) == "1\n"
    assert psutil.Process().memory_info().rss - before < 600 * MIB


def test_outputs_that_share_their_data_by_display_id_count_each_time():
    execution = executed(
        "from IPython.display import *\nfor _ in range(1000): display('x', display_id='same')\n"
        "update_display('y' * 100_000, display_id='same')"
    )
    assert kept_bytes(execution) < MIB


ANSWER = "from IPython.display import publish_display_data as p\n"


def test_answers_come_through_whole_even_after_too_much_output():
    payload = {"outcomes": ["a" * 500_000]}
    execution = executed(
        "print('y' * 10**6)", check=f"{ANSWER}p({{{ANSWERS_MIME!r}: {{'outcomes': ['a' * 500_000]}}}})"
    )
    assert json.loads(json.dumps(answers(execution))) == [payload]


def test_answers_that_are_too_large_are_left_out_and_that_is_said():
    execution = executed(check=f"{ANSWER}p({{{ANSWERS_MIME!r}: 'a' * 1_100_000}})")
    assert answers(execution) == []
    assert "1 MB" in execution.events[0].message and execution.events[0].cell_id == "check"


def test_a_message_larger_than_is_listened_to_harms_only_its_own_cell():
    execution = executed(
        SEND + "send('display_data', {'data': {'text/plain': 'x' * 2**25}, 'metadata': {}})", "print(1)"
    )
    assert text(execution, 1) == "1\n"


@pytest.mark.parametrize(
    "content",
    [
        "'stream', {}",
        "'stream', {'name': ['stdout'], 'text': {'a': 1}}",
        "'error', {'ename': 1, 'evalue': [], 'traceback': 3}",
        "'display_data', {'data': 5, 'metadata': 'x'}",
        "'display_data', {'data': {'text/plain': 'x'}, 'metadata': {}, 'transient': {'display_id': ['x']}}",
        "'status', {'execution_state': [], 'execution_count': 'many' * 1000}",
        "'status', 'idle'",
        "'execute_reply', {}",
        "'stream', {'name': 'stdout', 'text': chr(0xD800)}",
    ],
)
def test_forged_messages_neither_stop_the_grader_nor_spoil_its_file(content):
    execution = executed("x = 1", SEND + f"send({content})", "print(x)")
    nbformat.validate(execution.notebook)
    nbformat.writes(execution.notebook).encode("utf-8")
    assert text(execution, 2) == "1\n"


def test_a_forged_reply_on_the_shell_channel_is_survived():
    forge = (
        "import zmq\nk = get_ipython().kernel\nk.shell_stream.socket.send_multipart([b'nobody', b'<IDS|MSG>', b'x'])\n"
    )
    assert text(executed("x = 1", forge, "print(x)"), 2) == "1\n"


def test_a_cell_that_ran_out_of_time_is_not_run_again_after_a_restart():
    execution = executed("x = 1", "while True: pass", "import os; os._exit(1)", "print(x)")
    assert [event.kind for event in execution.events] == ["timeout", "kernel-died"]
    assert text(execution, 3) == "1\n"
    assert execution.seconds < 16
