"""`check_study(name)`: one finding about the study in the folder `study`, in the notebook as when it is graded.

In a student's kernel the study is read from its file and judged there. In a grading run nothing is judged in the kernel; only
`study_recomputed` does something: it measures some checkpoints anew and hands out the numbers.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from course_utils.checking.cell import CASES_VARIABLE, CheckFailed, hand_out
from course_utils.checking.outcomes import call
from course_utils.studies.file import Study, load_study
from course_utils.studies.findings import FINDINGS, Finding
from course_utils.studies.measuring import measure_anew
from course_utils.studies.recomputation import NAME, recomputation, recomputed, spots

_OWN_SEED = 0  # of the checkpoints that are measured anew in the student's own kernel


def check_study(name: str, methods: Callable | None = None, folder: str | Path = "study") -> None:
    """Say what is found about a study under a name; `study_recomputed` needs the notebook's `study_methods`.

    Raises CheckFailed, with what was found, where the finding is not as it should be; LookupError for an unknown name;
    FileNotFoundError where no study was saved; StudyFileError for one that cannot be read.
    """
    if name != NAME and name not in FINDINGS:
        raise LookupError(f"got {name!r}; the findings are {', '.join([*FINDINGS, NAME])}")
    cases = os.environ.get(CASES_VARIABLE)
    if cases:
        if name == NAME:
            _hand_out(Path(cases) / f"{NAME}.json", methods)
        return
    study = load_study(folder)
    found = _measured_anew(study, methods, folder) if name == NAME else FINDINGS[name](study)
    text = f"{found.name}: {found.message}"
    if found.passed is False:
        raise CheckFailed(text)
    print(text)


def _measured_anew(study: Study, methods: Callable | None, folder: str | Path) -> Finding:
    from course_utils.suites.load import load_suite

    steps = spots(study, _OWN_SEED)
    if study.kind == "hub":  # here, where the study was made, they can be had
        request = {**study.to_json(), "steps": steps, "files": {}}
        load_suite(study.suite)
    else:
        request = recomputation(study, steps, folder)
    return recomputed(study, {step: f() for step, f in zip(steps, measure_anew(request, methods), strict=True)})


def _hand_out(path: Path, methods: Callable | None) -> None:
    """Measure the checkpoints of a grading run anew, if it asks for any, and hand out what came."""
    if path.is_file():
        request = json.loads(path.read_text(encoding="utf-8"))
        hand_out(NAME, [call(measured, {}).form for measured in measure_anew(request, methods)])
