"""A step of a suite as a model to fine-tune."""

from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.suites.load import load_suite

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def open_base(source: str | Path, step: int | None = None) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model and tokenizer of a suite's step, its last unless given, to fine-tune; raises as `load_suite` and `open`.

    Raises ValueError for a suite of toy models, which have no tokenizer.
    """
    suite = load_suite(source)
    if suite.tokenizer is None:
        raise ValueError(f"{suite.name} has no tokenizer; expected a suite of language models, as pun-world is one")
    model = suite.build(suite.existing(suite.steps[-1] if step is None else step))._module
    return model.float(), suite.tokenizer
