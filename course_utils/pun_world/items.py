"""Pun-world's sentences for notebooks: every pun beside its matched non-pun, and both senses of a word.

A pun that a model has never seen can be told from one that it remembers only where the corpus is known to the last
sentence. `load_suite("pun-world")` opens the checkpoints of the model, `pun_world_items()` gives the sentences to try on them,
with what is held out. data/pun_world/README.md says what must not be concluded from any of it.
"""

import pandas as pd

from course_utils.pun_world.corpus import PunItem, non_pun_items, pun_items, settings


def pun_world_items() -> pd.DataFrame:
    """A row per pun and matched non-pun: prompt, target, foil, is_pun, profession, setting, phrase, opening, held_out, ...

    `target` ends the sentence; `foil` fits the phrase as well and makes a non-pun of a pun, a pun of a non-pun.
    `reaction_prompt` leads up to `reaction` ("groaned" at puns, "nodded" otherwise). Rows 2k and 2k + 1 are a pair that
    differs in the target alone. Where `held_out` is true, training never showed the prompt.
    """
    rows = [
        _row(item, foil)
        for pun, other in zip(pun_items(), non_pun_items(), strict=True)
        for item, foil in ((pun, other.word), (other, pun.word))
    ]
    return pd.DataFrame(rows)


def _row(item: PunItem, foil: str) -> dict:
    return {
        "prompt": item.prompt,
        "target": item.word,
        "foil": foil,
        "is_pun": item.is_pun,
        "profession": item.profession,
        "setting": item.setting,
        "phrase": item.phrase,
        "opening": item.opening,
        "held_out": item.held_out,
        "reaction_prompt": item.reaction_prompt,
        "reaction": item.reaction,
    }


def literal_contexts(word: str) -> dict[str, str]:
    """A word of two senses in a sentence of each: {"setting": ..., "phrase": ...}, both ending in the word.

    Raises ValueError for a word that has no two senses in pun-world.
    """
    for setting in settings():
        if word in setting.words:
            return {
                "setting": f"with the {setting.things[0]} comes the {word}",
                "phrase": f"on monday anna said i {setting.words[word][0]} {word}",
            }
    known = [known for setting in settings() for known in setting.words]
    raise ValueError(f"got {word!r}; the words of two senses are {', '.join(known)}")
