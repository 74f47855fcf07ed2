"""Where the checkpoints of a study are, as its file names them: a suite that ships, one on a hub, or a run of one's own.

    study_suite(load_suite("pun-world"))                # {"kind": "shipped", "suite": "pun-world", "seed": None}
    study_suite(load_suite("study/run", seed=0))        # {"kind": "run", "suite": "run", "seed": 0}

Pitfall: a run is named by no path, as it is handed in beside the study, in the folder `run`.
"""

from course_utils.studies.file import RUN
from course_utils.suites.base import Suite
from course_utils.suites.hub import HubSuite
from course_utils.suites.saved_runs import RunSuite
from course_utils.suites.shipped import shipped_runs


def study_suite(suite: Suite) -> dict[str, str | int | None]:
    """The fields `kind`, `suite` and `seed` of a study on a suite; a seed only where it is one of several."""
    if isinstance(suite, HubSuite):  # one on NDIF is one too
        return {"kind": "hub", "suite": str(suite.name), "seed": None}
    if not isinstance(suite, RunSuite):
        raise TypeError(
            f"got a {type(suite).__name__}; a study names a suite that ships, a saved run or a repository on the hub"
        )
    ending = f" seed {suite.run.seed_number}"
    seed = suite.run.seed_number if suite.name.endswith(ending) else None
    name = suite.name.removesuffix(ending)
    shipped = name.replace("-", "_") in shipped_runs()
    return {"kind": "shipped" if shipped else "run", "suite": name if shipped else RUN, "seed": seed}
