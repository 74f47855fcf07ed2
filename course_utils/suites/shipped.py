"""The runs and tables that ship with the kit, so that every analysis works without training first.

`load_recorded("grokking_classroom")` opens a run. How each was made is written in `autograder/authoring/shipped`, and can be
done again:

    python -m autograder.authoring.shipped.runs grokking_classroom DIRECTORY

`load_table("grokking_seeds")` opens a table: measures of runs whose checkpoints would be too large to ship.

Pitfall: they are stored with one byte per weight (see `weight_storage`), so a loss computed from a checkpoint agrees with
the recorded `metrics`, which were measured in training, to about 2 %. On other hardware, recording again gives the same
story with slightly different numbers, as float32 runs drift apart at this learning rate.
"""

import pandas as pd
import torch

from course_utils.data import DATA
from course_utils.suites.saved_runs import RunSuite, as_suite, load_run
from course_utils.training.runs import RunGroup, TrainingRun

TABLES = DATA / "tables"


def shipped_runs() -> list[str]:
    """The names of the runs that ship, in order."""
    return sorted(path.parent.name for path in DATA.glob("*/run.json"))


def load_recorded(name: str) -> TrainingRun | RunGroup:
    """Open a run that ships with the kit. Raises KeyError, naming those there are, for an unknown name."""
    if name not in shipped_runs():
        raise KeyError(f"got {name!r}; the runs that ship are {', '.join(shipped_runs())}")
    return load_run(DATA / name)


def load_table(name: str) -> pd.DataFrame:
    """Open a table that ships with the kit. Raises KeyError, naming those there are, for an unknown name."""
    known = sorted(path.stem for path in TABLES.glob("*.csv"))
    if name not in known:
        raise KeyError(f"got {name!r}; the tables that ship are {', '.join(known)}")
    return pd.read_csv(TABLES / f"{name}.csv")


def open_shipped(name: str, shown: str, seed: int | None, dtype: torch.dtype | str | None, device: str) -> RunSuite:
    """A run that ships, as a suite; the arguments are those of `load_suite`."""
    return as_suite(load_recorded(name), shown, seed, dtype, device)
