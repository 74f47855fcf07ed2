"""Does the code give the numbers? Some checkpoints of a study are measured anew, with the student's functions.

    request = recomputation(study, spots(study, seed), folder)      what to compute, as plain data, checkpoints among it
    rows = recompute(request, study_methods)                        where the student's code runs: a row for each checkpoint
    recomputed(study, rows)                                         the finding: is this what was reported?

The checkpoints are those on which the claim rests, the two around the change of the log-odds, and two others, drawn. Of a run
of one's own only their files are handed over.

Pitfall: numbers of other machines differ in their last digits, and a probe may tell a sentence on its boundary otherwise; the
tolerances are wide enough for that, and far narrower than any effect that is worth reporting.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.checkpoints import Suite, load_suite
from course_utils.studies import RUN, Study
from course_utils.study_findings import CONCEPT, Finding, told, transitions_of
from course_utils.study_inputs import concept_of, handed_in_suite

NAME = "study_recomputed"
DRAWN = 2  # checkpoints beside the two around the change
RTOL, ATOL = 0.02, 0.02  # of a number in nats; of a share
PROBE, PROBE_ATOL = "probe.", 0.08  # a probe's accuracy is compared as its mean over groups
MAX_FILE_BYTES = 64 * 2**20


class NotRecomputable(ValueError):
    """The checkpoints of a study cannot be had here; the message says why."""


def spots(study: Study, seed: int) -> list[int]:
    """The steps to measure anew: the checkpoints around the change of the log-odds, and two others, drawn."""
    change = transitions_of(study).get(CONCEPT)
    bracket = change.bracket if change is not None and change.bracket is not None else ()
    around = {int(step) for step in bracket if step in study.steps}
    others = [step for step in study.steps if step not in around]
    drawn = np.random.default_rng(seed).permutation(others)[:DRAWN].tolist()
    return sorted({*around, *drawn})


def recomputation(study: Study, steps: list[int], folder: str | Path) -> dict:
    """What it takes to measure some steps of a study anew, as plain data.

    `folder` holds the study, and its run where it has one of its own. Raises NotRecomputable where the checkpoints are not
    here.
    """
    form = study.to_json()
    request = {name: form[name] for name in ("suite", "kind", "seed", "concept", "general", "circuit", "layer")}
    if study.kind == "hub":
        raise NotRecomputable(f"the checkpoints of {study.suite} are on a hub, and not here")
    files = _files(Path(folder) / RUN, study.seed, steps) if study.kind == "run" else {}
    return {**request, "steps": steps, "files": files}


def _files(run: Path, seed: int | None, steps: list[int]) -> dict[str, str]:
    """The files of a run that some steps need, as base64 by name; no link is followed."""
    if not is_own(run, run.parent) or not is_own(run / "run.json", run):
        raise NotRecomputable(f"the folder {run.parent.name}/{RUN} with the checkpoints was not handed in")
    weights = {f"step-{step:06d}.safetensors" for step in steps}
    paths = [*sorted(run.glob("*")), *sorted((run / f"seed-{seed}").glob("*"))]
    chosen = [
        path
        for path in paths
        if path.is_file() and is_own(path, run) and (path.name in weights or path.suffix in (".json", ".csv"))
    ]
    if sum(path.stat().st_size for path in chosen) > MAX_FILE_BYTES:
        raise NotRecomputable(f"the checkpoints to look at take more than {MAX_FILE_BYTES // 2**20} MB")
    return {str(path.relative_to(run)): base64.b64encode(path.read_bytes()).decode("ascii") for path in chosen}


def is_own(path: Path, folder: Path) -> bool:
    """Whether a path is really inside a folder: no link leads to it, or out."""
    return path.exists() and not path.is_symlink() and path.resolve().is_relative_to(folder.resolve())


def recompute(request: Mapping[str, Any], methods: Callable) -> list[Callable[[], dict[str, float]]]:
    """For each step a function that measures it with the student's methods: column -> number.

    Built one by one, so that what fails at one step leaves the others.
    """
    suite = _suite(request)

    def measured(step: int) -> dict[str, float]:
        import torch

        from course_utils.tokenised_concepts import tokenise_concept

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
    from course_utils.induction_concept import token_word_tokenizer

    return token_word_tokenizer(suite.run.config.vocabulary)


def reported_rows(study: Study, steps: Iterable[int]) -> dict[int, dict[str, float]]:
    """What a study reports at some steps: a row of columns for each."""
    return {step: study.table.loc[step].to_dict() for step in steps}


def differences(told: Mapping[int, Mapping[str, Any]], rows: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """What differs between rows that are told and rows that were measured anew, a sentence for each column, at most."""
    found = {}
    for step, row in rows.items():
        reported = told[step]
        for name in sorted({*row, *reported} - {*_probe_columns(row), *_probe_columns(reported)}, key=str):
            fault = _difference(reported.get(name, np.nan), row.get(name, np.nan))
            if fault:
                found.setdefault(name, f"{name} at step {step:,}: {fault}")
        accuracy = [
            np.mean([values[name] for name in _probe_columns(values)] or [np.nan]) for values in (reported, row)
        ]
        if fault := _difference(*accuracy, atol=PROBE_ATOL):
            found.setdefault(PROBE, f"mean probe accuracy at step {step:,}: {fault}")
    return list(found.values())


def _probe_columns(values: Mapping[str, Any]) -> list[str]:
    return [name for name in values if str(name).startswith(PROBE)]


def _difference(reported: Any, anew: Any, atol: float = ATOL) -> str:
    if not isinstance(anew, (int, float)) or isinstance(anew, bool):
        return f"the code gives {type(anew).__name__}, no number"
    if np.isnan(reported) and np.isnan(anew) or abs(reported - anew) <= atol + RTOL * abs(anew):
        return ""
    return f"reported {_shown(reported)}, the code gives {_shown(anew)}"


def _shown(value: float) -> str:
    return "nothing" if np.isnan(value) else f"{value:.3f}"


def recomputed(study: Study, rows: Mapping[int, Mapping[str, Any]]) -> Finding:
    """The finding on some rows of a study that were measured anew."""
    faults = differences(reported_rows(study, rows), rows)
    steps = ", ".join(f"{step:,}" for step in rows)
    if faults:
        return Finding(NAME, False, f"{len(faults)} columns are not what the code gives:\n{told(faults)}")
    return Finding(NAME, True, f"measured anew at steps {steps}: the code gives what is reported")


def request_text(request: Mapping[str, Any]) -> str:
    """A request as it is handed to the kernel of a graded notebook."""
    return json.dumps(request)
