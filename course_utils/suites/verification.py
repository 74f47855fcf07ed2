"""What is suspicious about a checkpoint suite: a look at every step before conclusions are drawn from any of them.

Published suites have held the same weights under several steps, final weights under an early step's name, and labels off
by a factor; a gap of a decade can hide a whole transition. Such faults look like findings (a plateau, a jump), so they
are worth an hour of downloads once, and a table that can be kept.

    finding             what it means
    same weights        two steps hold the same tensors: at least one of them is not what its name says
    not finite          a parameter holds NaN or infinity
    unreadable          the step cannot be loaded; why is told
    gap                 two neighbouring steps are so far apart that a sudden change between them cannot be told from a
                        gradual one
    label disagrees     the tokens that a step's label tells do not fit step times tokens per batch
    end is worse        the loss recorded at the last step is higher than at an earlier one

Pitfall: nothing found does not mean that nothing is wrong: weights of another run, or steps exchanged, pass all of this.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.transitions.description import WIDEST_GAP

COLUMNS = ["finding", "steps", "message"]

# Recorded losses are averages over a batch or a test set; less than this share more is no finding.
_LOSS_SHARE = 0.05


class Checkpoints(Protocol):
    """What is looked at: all of it is what a `Suite` has."""

    name: str

    @property
    def steps(self) -> list[int]: ...
    def existing(self, step: int) -> int: ...
    def weights(self, step: int) -> Mapping[str, Tensor]: ...
    def weights_hash(self, step: int) -> str: ...
    def tokens(self, step: int) -> int | None: ...
    def label_tokens(self, step: int) -> tuple[int, int] | None: ...
    def label(self, step: int) -> str: ...
    def recorded_loss(self, step: int) -> float | None: ...


def verify_suite(suite: Checkpoints, steps: Sequence[int] | None = None, progress: bool = True) -> pd.DataFrame:
    """Findings about a suite, one per row: `finding`, `steps` (a tuple) and `message`, worst first; none is an empty table.

    Reads the weights of `steps`, all unless given, one after the other: of a large suite on the hub that is a long
    download. Gaps, labels and losses need no weights, and are looked at among the same steps. Raises KeyError as
    `suite.existing` for a step that does not exist.
    """
    chosen = sorted({suite.existing(step) for step in (suite.steps if steps is None else steps)})
    findings = [
        *_read_all(suite, chosen, progress),
        *_labels(suite, chosen),
        *_ending(suite, chosen),
        *_gaps(chosen),
    ]
    return pd.DataFrame(findings, columns=COLUMNS)


def _read_all(suite: Checkpoints, steps: list[int], progress: bool) -> Iterator[tuple]:
    """Same weights, weights that are no numbers, and steps that cannot be read."""
    by_hash = defaultdict(list)
    found = []
    with tqdm(steps, desc=f"verify {suite.name}", unit="checkpoint", disable=not progress) as bar:
        for step in bar:
            bar.set_postfix_str(f"step {step}")
            try:
                by_hash[suite.weights_hash(step)].append(step)
                broken = not_finite(suite.weights(step))
            except (OSError, RuntimeError) as error:  # HubError is a RuntimeError; anything else is a fault of ours
                found.append(("unreadable", (step,), f"step {step} cannot be read: {error}"))
                continue
            if broken:
                named = ", ".join(broken[:3]) + (f" and {len(broken) - 3} more" if len(broken) > 3 else "")
                found.append(("not finite", (step,), f"step {step} has NaN or infinity in {named}"))
    for same in by_hash.values():
        if len(same) > 1:
            told = ", ".join(map(str, same))
            yield (
                "same weights",
                tuple(same),
                f"steps {told} hold the same weights: use one of them, and none as a change",
            )
    yield from found


def not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    """The names of the tensors that hold NaN or infinity.

    >>> not_finite({"w": torch.tensor([1.0, float("nan")]), "b": torch.zeros(2), "ids": torch.arange(3)})
    ['w']
    """
    return [
        name
        for name, tensor in tensors.items()
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())
    ]


def _labels(suite: Checkpoints, steps: list[int]) -> Iterator[tuple]:
    for step in steps:
        labelled, computed = suite.label_tokens(step), suite.tokens(step)
        if labelled is None or computed is None:
            continue
        low, high = labelled
        if not low <= computed <= high:
            yield (
                "label disagrees",
                (step,),
                f"{suite.label(step)}: step times batch is {computed / 1e9:.2f} billion tokens, "
                f"the label means {low / 1e9:g} to {high / 1e9:g} billion",
            )


def _ending(suite: Checkpoints, steps: list[int]) -> Iterator[tuple]:
    losses = {step: loss for step in steps if (loss := suite.recorded_loss(step)) is not None and np.isfinite(loss)}
    if len(losses) < 2:
        return
    last = max(losses)
    best = min(losses, key=losses.__getitem__)
    # A loss near zero wanders by large factors: a hundredth of where it began is no finding.
    allowed = losses[best] * (1 + _LOSS_SHARE) + 0.01 * max(losses.values())
    if losses[last] > allowed:
        yield (
            "end is worse",
            (best, last),
            f"the recorded loss is {losses[last]:.3g} at step {last} and {losses[best]:.3g} at step {best}: training "
            "went wrong at the end, or the steps are exchanged",
        )


def _gaps(steps: list[int]) -> Iterator[tuple]:
    for before, after in pairwise(step for step in steps if step > 0):
        decades = float(np.log10(after / before))
        if decades > WIDEST_GAP:
            yield (
                "gap",
                (before, after),
                f"nothing between steps {before} and {after} ({decades:.2f} decades): a sudden change there cannot be told "
                "from a gradual one",
            )
