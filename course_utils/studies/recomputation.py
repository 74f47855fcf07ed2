"""Does the code give the numbers? Some checkpoints of a study are measured anew, with the student's functions.

    request = recomputation(study, spots(study, seed), folder)      what to compute, as plain data, checkpoints among it
    rows = measure_anew(request, study_methods)                     `measuring`, where the student's code runs
    recomputed(study, rows)                                         the finding: is this what was reported?

The checkpoints are those on which the claim rests, the two around the change of the log-odds, and two others, drawn. Of a run
of one's own only their files are handed over.

Pitfall: numbers of other machines differ in their last digits, and a probe may tell a sentence on its boundary otherwise; the
tolerances are wide enough for that, and far narrower than any effect that is worth reporting.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.studies.contained_files import is_own
from course_utils.studies.file import RUN, Study
from course_utils.studies.findings import CONCEPT, Finding, told, transitions_of

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
    """The files of a run that some steps need, as base64 by name; of several seeds' those of one. No link is followed."""
    if not is_own(run, run.parent) or not is_own(run / "run.json", run):
        raise NotRecomputable(f"the folder {run.parent.name}/{RUN} with the checkpoints was not handed in")
    one = run / f"seed-{seed}"
    place = one if one.is_dir() and is_own(one, run) else run
    weights = {f"step-{step:06d}.safetensors" for step in steps}
    chosen = [
        path
        for path in sorted(place.glob("*"))
        if path.is_file() and is_own(path, run) and (path.name in weights or path.suffix in (".json", ".csv"))
    ]
    if sum(path.stat().st_size for path in chosen) > MAX_FILE_BYTES:
        raise NotRecomputable(f"the checkpoints to look at take more than {MAX_FILE_BYTES // 2**20} MB")
    return {str(path.relative_to(place)): base64.b64encode(path.read_bytes()).decode("ascii") for path in chosen}


def reported_rows(study: Study, steps: Iterable[int]) -> dict[int, dict[str, float]]:
    """What a study reports at some steps: a row of columns for each."""
    return {step: study.table.loc[step].to_dict() for step in steps}


def differences(told: Mapping[int, Mapping[str, Any]], rows: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Where rows that were measured anew differ from those that are told: a sentence a column, the largest difference first."""
    found: dict[str, tuple[float, str]] = {}

    def look(name: str, step: int, reported: Any, anew: Any, atol: float = ATOL) -> None:
        size, fault = _difference(reported, anew, atol)
        if fault and size >= found.get(name, (0.0, ""))[0]:
            found[name] = size, f"{name} at step {step:,}: {fault}"

    for step, row in rows.items():
        reported = told[step]
        for name in sorted({*row, *reported} - {*_probe_columns(row), *_probe_columns(reported)}, key=str):
            look(name, step, reported.get(name, np.nan), row.get(name, np.nan))
        accuracy = [
            np.mean([values[name] for name in _probe_columns(values)] or [np.nan]) for values in (reported, row)
        ]
        look("mean probe accuracy", step, *accuracy, atol=PROBE_ATOL)
    return [sentence for _, sentence in sorted(found.values(), key=lambda fault: -fault[0])]


def _probe_columns(values: Mapping[str, Any]) -> list[str]:
    return [name for name in values if str(name).startswith(PROBE)]


def _difference(reported: Any, anew: Any, atol: float) -> tuple[float, str]:
    """How far two numbers are apart, infinitely far where one of them is missing, and a sentence where that is too far."""
    if not isinstance(anew, (int, float)) or isinstance(anew, bool):
        return np.inf, f"the code gives {type(anew).__name__}, no number"
    if np.isnan(reported) and np.isnan(anew) or abs(reported - anew) <= atol + RTOL * abs(anew):
        return 0.0, ""
    size = abs(reported - anew)
    return np.inf if np.isnan(size) else float(size), f"reported {_shown(reported)}, the code gives {_shown(anew)}"


def _shown(value: float) -> str:
    return "nothing" if np.isnan(value) else f"{value:.3f}"


def recomputed(study: Study, rows: Mapping[int, Mapping[str, Any]]) -> Finding:
    """The finding on some rows of a study that were measured anew."""
    if not rows:
        return Finding(NAME, False, "the table has no checkpoint, so nothing can be measured anew")
    faults = differences(reported_rows(study, rows), rows)
    steps = ", ".join(f"{step:,}" for step in rows)
    if faults:
        return Finding(NAME, False, f"{len(faults)} columns are not what the code gives:\n{told(faults)}")
    return Finding(NAME, True, f"measured anew at steps {steps}: the code gives what is reported")


def request_text(request: Mapping[str, Any]) -> str:
    """A request as it is handed to the kernel of a graded notebook."""
    return json.dumps(request)
