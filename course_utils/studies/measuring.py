"""Some checkpoints of a study measured anew, with the methods of the notebook: what runs where the student's code runs.

    for measured in measure_anew(request, study_methods): measured()        # column -> number, a function for each checkpoint

What is asked for comes from `recomputation`, as plain data.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from course_utils.studies.inputs import concept_of, handed_in_suite
from course_utils.suites.base import Suite
from course_utils.suites.load import load_suite
from course_utils.texts.tokenised_concepts import tokenise_concept


def measure_anew(request: Mapping[str, Any], methods: Callable) -> list[Callable[[], dict[str, float]]]:
    """For each step a function that measures it with the student's methods: column -> number.

    Built one by one, so that what fails at one step leaves the others.
    """
    suite = _suite(request)

    def measured(step: int) -> dict[str, float]:
        concept = concept_of(request["concept"]["items"], request["concept"]["name"])
        asked = tokenise_concept(concept, tokenizer_of(suite))
        general = torch.tensor(request["general"])
        with suite.open(step) as model:
            found = methods(asked, general, request["circuit"], request["layer"])
            return {f"{name}.{key}": float(x) for name, method in found.items() for key, x in method(model).items()}

    return [lambda step=step: measured(step) for step in request["steps"]]


def _suite(request: Mapping[str, Any]) -> Suite:
    if request["files"]:
        files = {name: np.frombuffer(base64.b64decode(text), dtype=np.uint8) for name, text in request["files"].items()}
        return handed_in_suite(files, request["seed"])
    return load_suite(request["suite"], **({} if request["seed"] is None else {"seed": request["seed"]}))


def tokenizer_of(suite: Suite) -> Any:
    """The tokenizer of a suite; of the induction networks, which have none, the words t0, t1, ... of their tokens."""
    if suite.tokenizer is not None:
        return suite.tokenizer
    from course_utils.texts.induction_items import token_word_tokenizer

    return token_word_tokenizer(suite.run.config.vocabulary)
