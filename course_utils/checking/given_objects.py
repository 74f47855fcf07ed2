"""Arguments of a case that are not plain data, such as the rest of a network: built where the student's code runs.

A case then holds the object's name and the plain values that it is made of:

    {"$": "given", "name": "mlp_readout", "values": {"W_in": ..., "W_out": ...}}

Only names that are listed here are built, and only inputs hold them: an answer with such a form is refused like any other
that is not plain data, so that nothing a student's kernel hands out decides what the grader builds.
"""

from collections.abc import Callable
from importlib import import_module

from course_utils.checking.plain_data import NotPlainData, decode

# Where each is made. Imported when a case asks for it, as most cases need no torch.
_MAKERS = {
    "asked_concept": "course_utils.studies.inputs",
    "component_rerun": "course_utils.inside.readouts",
    "heads_to_loss": "course_utils.attention_only.readouts",
    "keys_to_loss": "course_utils.attention_only.readouts",
    "layer_norm": "course_utils.inside.readouts",
    "losses_of_predictor": "course_utils.attention_only.predictors",
    "mlp_readout": "course_utils.inside.readouts",
    "opened_checkpoint": "course_utils.studies.inputs",
    "unembedding": "course_utils.inside.readouts",
    "word_score": "course_utils.inside.readouts",
}


def is_given(form: object) -> bool:
    """Whether an encoded input stands for an object that has to be built."""
    return type(form) is dict and form.get("$") == "given"


def build(form: dict) -> Callable:
    """The object that a form stands for. Raises NotPlainData for a name that is not known."""
    name = form.get("name")
    if name not in _MAKERS:
        raise NotPlainData(f"got a given object {name!r}; expected one of {', '.join(_MAKERS)}")
    make = getattr(import_module(_MAKERS[name]), name)
    return make(**{key: decode(value, tensors=True) for key, value in form["values"].items()})
