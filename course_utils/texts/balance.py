"""Could puns and non-puns be told apart without understanding them? The best that one word, or length, can do.

A probe that tells puns from non-puns may have learned nothing but that puns mention bankers. Before a probe's accuracy means
anything, the classes must not differ in their words or lengths: that is what this measures, on the data themselves.

Pitfall: with few puns the best of many words is above 0.5 by luck alone: with n puns, a word that only one sentence holds
scores 0.5 + 1 / (2 n). Read these numbers as bounds on what a rule chosen with the labels in sight can do.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from course_utils.texts.puns import Pun


@dataclass(frozen=True)
class Balance:
    """Share of sentences that the best rule on one word, and on length, classes rightly; 0.5 is chance."""

    word: str
    word_accuracy: float
    length_accuracy: float
    character_accuracy: float


def pun_balance(puns: Sequence[Pun]) -> Balance:
    """The best accuracy of "it holds this word", "it has more than k words" and "more than k characters".

    Each rule, or its opposite, is chosen with the labels in sight, so these are upper bounds. Raises ValueError for no puns.

    >>> one = Pun("1", "homograph", "A banker lost", "interest", "hope", "A dancer lost")
    >>> pun_balance([one]).word_accuracy
    1.0
    """
    if not puns:
        raise ValueError("got no puns; expected at least one")
    word, word_accuracy = _best_word(puns)
    return Balance(
        word,
        word_accuracy,
        _best_threshold([(len(pun.setup.split()), len(pun.non_pun.split())) for pun in puns]),
        _best_threshold([(len(pun.setup), len(pun.non_pun)) for pun in puns]),
    )


def _best_word(puns: Sequence[Pun]) -> tuple[str, float]:
    """The word whose presence tells most, and the share that it classes rightly: 0.5 + |difference| / (2 n)."""
    difference: Counter[str] = Counter()
    for pun in puns:
        difference.update(_words(pun.setup))
        difference.subtract(_words(pun.non_pun))
    word = max(sorted(difference), key=lambda w: abs(difference[w]))
    return word, 0.5 + abs(difference[word]) / (2 * len(puns))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))


def _best_threshold(lengths: Sequence[tuple[int, int]]) -> float:
    total = 2 * len(lengths)
    shares = [
        sum((pun > limit) + (other <= limit) for pun, other in lengths) / total
        for limit in {length for pair in lengths for length in pair}
    ]
    return max(max(share, 1 - share) for share in shares)
