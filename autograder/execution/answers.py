"""The answers that an executed notebook hands out, read as data: form and size checked, nothing trusted."""

import json

from nbformat import NotebookNode

from course_utils.checking.cell import ANSWERS_MIME
from course_utils.checking.outcomes import Outcome, read_outcome
from course_utils.checking.plain_data import NotPlainData

MAX_ANSWER_BYTES = 8 * 2**20


class NoAnswer(ValueError):
    """A check cell handed out nothing that can be scored; the message says why, to the student."""


def answer_forms(cell: NotebookNode, exercise: str, count: int) -> list[dict]:
    """The outcomes that an executed check cell hands out, still encoded.

    Raises NoAnswer where there are none, more than one set of them, those of another exercise, or too few or too many.
    """
    payloads = [
        output["data"][ANSWERS_MIME] for output in cell.get("outputs", []) if ANSWERS_MIME in output.get("data", {})
    ]
    if not payloads:
        raise NoAnswer(_why_nothing(cell))
    if len(payloads) > 1:
        raise NoAnswer("more than one set of answers came from this check; only the check itself may hand them out")
    text = json.dumps(payloads[0])
    if len(text) > MAX_ANSWER_BYTES:
        raise NoAnswer(f"the answers are larger than {MAX_ANSWER_BYTES // 2**20} MB")
    payload = json.loads(text)  # plain dicts and lists, where a notebook holds subclasses of them
    if type(payload) is not dict or payload.get("exercise") != exercise or type(payload.get("outcomes")) is not list:
        raise NoAnswer("what this check handed out is not an answer to this exercise")
    if len(payload["outcomes"]) != count:
        raise NoAnswer(f"{len(payload['outcomes'])} answers came for {count} cases")
    return payload["outcomes"]


def read_answers(cell: NotebookNode, exercise: str, count: int) -> list[Outcome]:
    """The outcomes of an executed check cell, decoded; raises NoAnswer where there are none that can be scored."""
    try:
        return [read_outcome(form) for form in answer_forms(cell, exercise, count)]
    except (NotPlainData, RecursionError) as error:
        raise NoAnswer(f"the answer cannot be read: {error}") from error


def _why_nothing(cell: NotebookNode) -> str:
    errors = [output for output in cell.get("outputs", []) if output.get("output_type") == "error"]
    if errors:
        return f"the check could not be run: {errors[0].get('ename', 'error')}: {errors[0].get('evalue', '')}"
    return "the check handed out no answer"
