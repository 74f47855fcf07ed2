"""Concepts that no student has seen, drawn from the vocabulary of pun-world; general text; curves that change in known ways."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from course_utils.pun_world.corpus import Corpus, Setting, settings

SUITE = "pun-world"
LATE_STEPS = (1000, 1200, 1450, 1750, 2100, 2600)  # of the suite, when it knows what belongs to whose work
# Of different lengths, so that prompts have to be padded.
FRAMES = (
    "every {} needs the",
    "the {} worked with the",
    "the old {} worked with the",
    "a {} found the",
    "the {} saw the",
)


def items(rng: np.random.Generator, pairs: int = 3, words: int = 1, things: int = 2) -> list[dict[str, str]]:
    """Items of two settings: a profession with a thing of its own against one of the other, each thing in two items.

    `pairs` settings against as many others, so many `things` of each; targets and foils of so many `words`.
    """
    drawn = rng.permutation(len(settings()))[: 2 * pairs].reshape(pairs, 2)
    rows = [row for one, other in drawn for row in _rows(rng, settings()[one], settings()[other], words, things)]
    return [row | {"id": f"{number}"} for number, row in enumerate(rows)]


def mixed_items(rng: np.random.Generator, pairs: int = 8, things: int = 3) -> list[dict[str, str]]:
    """Items whose groups are whole pairs of settings, which share professions, and stand in no order.

    Groups are large, so that one sentence on a probe's boundary is a small share; and folds that cut the rows into pieces cut
    groups.
    """
    rows = items(rng, pairs, things=things)
    size = len(rows) // pairs
    grouped = [row | {"group": f"pair {number // size + 1}"} for number, row in enumerate(rows)]
    return [grouped[place] for place in rng.permutation(len(grouped))]


def _rows(rng: np.random.Generator, one: Setting, other: Setting, words: int, count: int) -> Iterator[dict[str, str]]:
    things, foreign = (_phrases(rng, setting, words, count) for setting in (one, other))
    for thing, foil in zip(things, foreign, strict=True):
        for mine, theirs in ((one, other), (other, one)):
            frame = str(rng.choice(FRAMES))
            own, against = (thing, foil) if mine is one else (foil, thing)
            yield {
                **{"prompt": frame.format(rng.choice(mine.professions)), "target": own, "foil": against},
                **{"contrast": frame.format(rng.choice(theirs.professions)), "group": f"{thing} and {foil}"},
                **{"label": "fits", "contrast_label": "does not fit"},
            }


def _phrases(rng: np.random.Generator, setting: Setting, words: int, count: int) -> list[str]:
    """Things of a setting, each followed by other words where more than one is asked for."""
    things = rng.permutation(setting.things)[: count * words].reshape(count, words)
    return [" ".join(row) for row in things]


def known_puns(rng: np.random.Generator, count: int = 6, more: bool = False) -> list[dict[str, str]]:
    """Items of which a late checkpoint completes most; with `more`, target and foil go on with a word that it cannot guess."""
    from course_utils.texts.concept_files import load_concept

    known = [asdict(item) for item in load_concept("puns").items]
    rows = [known[place] for place in rng.permutation(len(known))[:count]]
    if more:
        after = f" {rng.choice(settings()[0].things)}"
        rows = [row | {"target": row["target"] + after, "foil": row["foil"] + after} for row in rows]
    return rows


def general_text(rng: np.random.Generator, texts: int, length: int) -> np.ndarray:
    """Token ids of sentences as pun-world was trained on, (text, position)."""
    from course_utils.pun_world.tokenizer import word_tokenizer

    corpus, tokenizer = Corpus(rng), word_tokenizer()
    return np.array([tokenizer.convert_tokens_to_ids(corpus.window(length)) for _ in range(texts)])


def log_steps(rng: np.random.Generator, count: int = 13) -> list[int]:
    """Ascending steps, evenly spaced in log step but for a little, step 0 among them."""
    places = np.linspace(1, rng.uniform(3.6, 4.2), count - 1) + rng.uniform(-0.05, 0.05, count - 1)
    return [0, *np.round(10**places).astype(int).tolist()]


def changing(
    rng: np.random.Generator,
    steps: list[int],
    place: float,
    width: float,
    groups: int = 0,
    noise: float = 0.02,
    spread: float = 0.0,
) -> np.ndarray:
    """A curve that rises around a place (share of the log axis) within a width in decades; (group, step) with groups.

    With a `spread` in decades the groups rise at places of their own.
    """
    x = np.log10(np.maximum(steps, steps[1] / 3))
    centre = x[1] + place * (x[-1] - x[1])
    shape = (groups, len(steps)) if groups else (len(steps),)
    own = spread * rng.standard_normal((*shape[:-1], 1))
    clean = 1 / (1 + np.exp(-4.4 * (x - centre - own) / width))
    return (clean + noise * rng.standard_normal(shape)).round(4)


def unchanging(rng: np.random.Generator, count: int) -> np.ndarray:
    """A curve that goes up and down by turns, so that no draw of its noise looks like a change."""
    return (2 + 0.1 * (-1.0) ** np.arange(count) + 0.02 * rng.standard_normal(count)).round(4)


def answers_of_items(rng: np.random.Generator, items: int, count: int, change: int) -> np.ndarray:
    """Which items are completed at which checkpoint: few before the change, most after it, and some come and go."""
    chance = np.where(np.arange(count) < change, 0.25, 0.8)
    completed = rng.random((items, count)) < chance
    completed[: items // 3, change:] = True  # so that some are kept to the end
    completed[: items // 3, :change] = False
    return completed
