"""What it takes to open checkpoints, told before anything is loaded: where each is, how large, and whether NDIF runs it.

Pitfall: a size is that of the weights as published. In memory a model takes as much again while it is read, and twice as much
where it is published in half precision and opened in float32.
"""

from collections.abc import Sequence

import pandas as pd

from course_utils.suites.base import Suite
from course_utils.suites.hub import HubError, HubSuite
from course_utils.suites.reasons import told

HERE, TO_DOWNLOAD, MISSING = "here", "to download", "missing"


def checkpoint_costs(suite: Suite, steps: Sequence[int]) -> pd.DataFrame:
    """One row per step: its label, the training tokens it has seen, where it is, and megabytes still to download.

    On NDIF `where` is the service's availability, and nothing is downloaded. Where the hub has a step no more, `where` is
    "missing", megabytes are NaN, and `missing_steps` of the table gives the reason. Raises KeyError for a step that does
    not exist, and what the suite raises where the service cannot be asked.
    """
    remote = _availability(suite)
    rows, errors = {}, {}
    for step in map(suite.existing, steps):
        try:
            where, megabytes = (remote[step], 0.0) if remote is not None else _download(suite, step)
        except HubError as error:
            where, megabytes = MISSING, float("nan")
            errors[step, "weights"] = told(error)
        rows[step] = {"label": suite.label(step), "tokens": suite.tokens(step), "where": where, "MB": megabytes}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("step").astype({"tokens": "Int64"})
    table.attrs["errors"] = errors
    return table


def _availability(suite: Suite) -> pd.Series | None:
    from course_utils.suites.ndif import RemoteSuite  # its clients take a while to import

    return suite.availability()["availability"] if isinstance(suite, RemoteSuite) else None


def _download(suite: Suite, step: int) -> tuple[str, float]:
    if not isinstance(suite, HubSuite) or suite.is_cached(step):
        return HERE, 0.0
    return TO_DOWNLOAD, round(suite.download_size(step) / 1e6, 1)
