"""Puns whose punchline is one word, each with what it takes to tell understanding a pun from knowing its phrase.

A pun needs two things at once: a phrase that asks for its last word ("I lost ...") and a setting that gives that word a second
sense ("banker"). A model that completes it may know the phrase only. So every pun comes with

    setup      the pun up to its last word             I used to be a banker, but I lost
    target     the last word                           interest
    foil       fits the phrase, not the setting        hope
    non_pun    the same length and the same ending     I used to be a dancer, but I lost
    senses     literal contexts, one for each sense    The savings account earns three percent | The lecture held no

`load_puns()` gives the set that ships; `load_puns("pun_world")` the held-out puns of pun-world, worded in its vocabulary
(the non-pun there is another pun's setup, so the foil is that pun's target); `load_puns("mine.csv")` your own, from CSV
or JSON. Both sets that ship are balanced (see `balance`): no word and no length gives the class away, so that a probe
cannot pass by spotting the topic.

Categories: *homograph*, one spelling with two senses; *homophone*, where the word of the setting only sounds like that of the
phrase, so each sense has its own spelling; *idiom*, a set phrase that the setting makes literal; *structural*, where one
verb governs two objects in two senses (a zeugma), so the pun lies in how the sentence is put together.

Pitfalls: in a homophone the spelling that the setting asks for is the target, which a model without sound can reach from the
setting alone. Puns on one target word are not independent: keep them together when data are split (`Pun.target`).
The sentences were written for this course, after forms of joke that are common property.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

CATEGORIES = ("homograph", "homophone", "idiom", "structural")


@dataclass(frozen=True)
class Sense:
    """A literal context that asks for a word in one of the senses that a pun plays on."""

    context: str
    word: str


@dataclass(frozen=True)
class Pun:
    """A pun with its target word, its foil, its matched non-pun and literal contexts; see the head of this file."""

    id: str
    category: str
    setup: str
    target: str
    foil: str
    non_pun: str
    senses: tuple[Sense, ...] = ()

    @property
    def sentence(self) -> str:
        """The pun with its last word."""
        return f"{self.setup} {self.target}"

    @property
    def non_pun_sentence(self) -> str:
        """The matched non-pun with the same last word."""
        return f"{self.non_pun} {self.target}"


def puns_table(puns: Sequence[Pun]) -> pd.DataFrame:
    """One row per pun, indexed by its id; the contexts and words of its senses in columns of their own."""
    rows = []
    for pun in puns:
        row = {name: value for name, value in asdict(pun).items() if name != "senses"}
        for number, sense in enumerate(pun.senses, start=1):
            row |= {f"context_{number}": sense.context, f"word_{number}": sense.word}
        rows.append(row)
    return pd.DataFrame(rows).set_index("id")
