"""Which training step a branch of a hub repository holds, read from its name.

Published suites keep one branch per checkpoint, and each family names them in its own way:

    step143000                              Pythia, PolyPythias
    step1000-tokens4B                       OLMo
    stage1-step10000-tokens21B              OLMo-2 (a few early branches lack "stage1-")
    stage1-step5000                         Olmo-3
    stage2-ingredient1-step1000-tokens5B    later stages, which count their steps anew: not part of pretraining

The list of branches always comes from the repository itself. Names that fit no scheme are left out, and `unread` tells
which.

Pitfall: a label's tokens are rounded up (2.1 billion reads "3B"), so they are good for a check, never for an axis. Tokens
are computed, step times tokens per batch, where the batch is known from the authors' description of their training.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"(?:stage(?P<stage>\d+)-)?step(?P<step>\d+)(?:-tokens(?P<tokens>\d+)(?P<unit>[MBT]))?")
_LATER_STAGE = re.compile(r"stage(?!1-step)\d+-.*")
_UNITS = {"M": 10**6, "B": 10**9, "T": 10**12}

# Tokens per batch, from the model cards and papers: Pythia (arXiv 2304.01373), OLMo (2402.00838), OLMo 2 (2501.00656).
_BATCH_TOKENS = (
    (re.compile(r"EleutherAI/pythia-[\w.]+(-deduped)?(-v0)?(-seed\d)?"), 1024 * 2048),
    (re.compile(r"allenai/OLMo-1B(-hf|-0724-hf)?"), 2048 * 2048),
    (re.compile(r"allenai/OLMo-2-0425-1B(-early-training)?"), 512 * 4096),
    (re.compile(r"allenai/OLMo-2-1124-7B"), 1024 * 4096),
)


@dataclass(frozen=True)
class Revision:
    """A branch that holds a checkpoint: its name, its step, and the tokens that its label tells, if any."""

    name: str
    step: int
    labelled_tokens: int | None = None
    label_unit: int = 1

    @property
    def token_range(self) -> tuple[int, int] | None:
        """The smallest and largest number of tokens that a label rounded up, or to nearest, can mean."""
        if self.labelled_tokens is None:
            return None
        return self.labelled_tokens - self.label_unit, self.labelled_tokens + self.label_unit // 2


def parse_revision(name: str) -> Revision | None:
    """The revision that a branch name stands for, or None where it names no pretraining step.

    >>> parse_revision("stage1-step10000-tokens21B")
    Revision(name='stage1-step10000-tokens21B', step=10000, labelled_tokens=21000000000, label_unit=1000000000)
    >>> parse_revision("main") is None
    True
    """
    match = _NAME.fullmatch(name)
    if match is None or match["stage"] not in (None, "1"):
        return None
    if match["tokens"] is None:
        return Revision(name, int(match["step"]))
    unit = _UNITS[match["unit"]]
    return Revision(name, int(match["step"]), int(match["tokens"]) * unit, unit)


def read_revisions(branches: Iterable[str]) -> tuple[dict[int, Revision], list[str]]:
    """Revisions by ascending step, and the names that tell no pretraining step.

    Where two branches hold one step, the one that names its stage or tokens is taken, as it says more.
    """
    found: dict[int, Revision] = {}
    unread = []
    for name in sorted(branches):
        revision = parse_revision(name)
        if revision is None:
            unread.append(name)
        elif revision.step not in found or len(name) > len(found[revision.step].name):
            found[revision.step] = revision
    return dict(sorted(found.items())), unread


def is_later_stage(name: str) -> bool:
    """Whether a branch belongs to a stage after pretraining, whose steps are counted anew."""
    return _LATER_STAGE.fullmatch(name) is not None


def batch_tokens(repository: str) -> int | None:
    """Tokens per training batch of a repository's model, or None where we know of no source.

    >>> batch_tokens("EleutherAI/pythia-160m-seed3")
    2097152
    """
    return next((tokens for pattern, tokens in _BATCH_TOKENS if pattern.fullmatch(repository)), None)
