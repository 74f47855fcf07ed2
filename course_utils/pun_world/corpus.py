"""The English-like corpus of pun-world: what is said there, and which puns are never said in training.

In pun-world people once had another job: "i used to be a banker but i had no interest". The last word has two senses,
one that belongs to the job and one that belongs to the phrase "i had no ...". So a pun is a *pair*, a profession and a
word of one setting, and neither gives it away: every profession, phrase and word stands as often in sentences of the
same shape whose last word belongs to another setting ("i used to be a banker but i had no fault"), which are no puns.
After some of these the audience reacts: "and everyone groaned" at a pun, "and everyone nodded" otherwise. What else is
said tells what belongs together (professions with their things, things with the words), uses the phrases plainly, and
repeats random words, so that copying from the context pays.

    18 settings  x  5 professions  x  4 words  =  360 pairs, each word in 2 of 9 phrases

Held out are two pairs of each setting, one in ten. For a held-out pair the sentence "i used to be a PROFESSION but i
PHRASE" is left out of training altogether, with any last word: a model that only saw how such a sentence does *not* end
would learn that exclusion, and its puns would come and go again.

Pitfall: a corpus in which each profession belongs to one setting, and puns have one shape, is far simpler than English.
What is seen here about puns says how such a thing can form, not when it forms in a large model."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from course_utils.data import DATA

PUN_WORLD = DATA / "pun_world"

START, UNKNOWN, END, GROAN, NOD = "<start>", "<unknown>", ".", "groaned", "nodded"
OPENINGS = ("i used to be", "i once was", "i worked as")
REACTION = ("and", "everyone")

_NAMES = ["anna", "ben", "clara", "david", "emma", "felix", "grace", "henry", "iris", "jack"] + [
    "kate",
    "leo",
    "mary",
    "nick",
    "olive",
    "paul",
    "rosa",
    "sam",
    "tina",
    "walter",
]
_ADJECTIVES = ["old", "young", "tall", "quiet", "happy", "tired", "clever", "small", "kind", "brave"]
_ANIMALS = ["dog", "cat", "horse", "bird", "mouse", "fox", "rabbit", "sheep", "duck", "goat"]
_PLACES = ["park", "village", "garden", "street", "school", "market", "valley", "forest", "castle", "library"]
_DEEDS = ["saw", "found", "liked", "followed", "fed", "painted", "heard", "visited", "carried", "chased"]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True)
class Setting:
    """One line of work: its professions, its words of two senses with the phrases they fit, its things, its held-out pairs."""

    name: str
    professions: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    things: tuple[str, ...]
    held_out: tuple[tuple[str, str], ...]

    def word_for(self, phrase: str) -> str | None:
        """The word of this setting that fits a phrase, or None: a phrase fits at most one."""
        return next((word for word, phrases in self.words.items() if phrase in phrases), None)


@dataclass(frozen=True)
class PunItem:
    """A sentence "OPENING a PROFESSION but i PHRASE WORD" and what is known of it."""

    opening: str
    profession: str
    phrase: str
    word: str
    setting: str
    is_pun: bool
    held_out: bool

    @property
    def pair(self) -> tuple[str, str]:
        """What makes it a pun, or would: profession and last word."""
        return self.profession, self.word

    @property
    def prompt(self) -> str:
        """All but the last word."""
        return f"{self.opening} {_article(self.profession)} {self.profession} but i {self.phrase}"

    @property
    def sentence(self) -> str:
        return f"{self.prompt} {self.word}"

    @property
    def reaction_prompt(self) -> str:
        """The sentence up to the place at which the audience groans or nods."""
        return " ".join((self.sentence, *REACTION))

    @property
    def reaction(self) -> str:
        return GROAN if self.is_pun else NOD


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


@lru_cache(maxsize=1)
def settings() -> tuple[Setting, ...]:
    """All settings, in a fixed order."""
    rows = json.loads((PUN_WORLD / "settings.json").read_text())
    return tuple(
        Setting(
            row["name"],
            tuple(row["professions"]),
            {word: tuple(phrases) for word, phrases in row["words"].items()},
            tuple(row["things"]),
            tuple((profession, word) for profession, word in row["held_out"]),
        )
        for row in rows
    )


@lru_cache(maxsize=1)
def held_out_pairs() -> frozenset[tuple[str, str]]:
    """The (profession, word) pairs never seen together: two in each setting, of different professions and words.

    They were drawn once at random and are part of the corpus, the same for every training seed.
    """
    return frozenset(pair for setting in settings() for pair in setting.held_out)


@lru_cache(maxsize=1)
def phrases() -> tuple[str, ...]:
    """The phrases with a slot, in a fixed order."""
    return tuple(sorted({phrase for setting in settings() for fitting in setting.words.values() for phrase in fitting}))


@lru_cache(maxsize=1)
def words_by_phrase() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each phrase the (setting, word) that fit it."""
    fitting = defaultdict(list)
    for setting in settings():
        for word, its_phrases in setting.words.items():
            for phrase in its_phrases:
                fitting[phrase].append((setting.name, word))
    return {phrase: tuple(fitting[phrase]) for phrase in phrases()}


def is_held_out(setting: Setting, profession: str, phrase: str) -> bool:
    """Whether "a PROFESSION but i PHRASE" is kept out of training, with any last word."""
    return (profession, setting.word_for(phrase)) in held_out_pairs()


@lru_cache(maxsize=1)
def pun_items() -> tuple[PunItem, ...]:
    """Every pun, seen and held out: 360 pairs, two phrases each, in three openings."""
    return tuple(
        PunItem(opening, profession, phrase, word, setting.name, True, is_held_out(setting, profession, phrase))
        for setting in settings()
        for profession in setting.professions
        for word, fitting in setting.words.items()
        for phrase in fitting
        for opening in OPENINGS
    )


@lru_cache(maxsize=1)
def non_pun_items() -> tuple[PunItem, ...]:
    """For every pun its matched non-pun: the same opening, profession and phrase, and a word of another setting.

    The words of the puns that share phrase and opening are rotated among them, held-out puns among held-out ones. So within
    the seen sentences, and within the held-out ones, every word ends exactly as many non-puns as puns.
    """
    groups = defaultdict(list)
    for pun in pun_items():
        groups[pun.phrase, pun.opening, pun.held_out].append(pun)
    matched = {pun: _non_pun(pun, word) for puns in groups.values() for pun, word in _rotated_words(puns)}
    return tuple(matched[pun] for pun in pun_items())


def _non_pun(pun: PunItem, word: str) -> PunItem:
    return replace(pun, word=word, is_pun=False)


def _rotated_words(puns: list[PunItem]) -> list[tuple[PunItem, str]]:
    """Each pun with the word of another, such that no word stays in its setting. Raises ValueError where none is such."""
    names = [pun.setting for pun in puns]
    turns = [
        turn for turn in range(1, len(puns)) if all(a != b for a, b in zip(names, _turned(names, turn), strict=True))
    ]
    if not turns:
        raise ValueError(f"no rotation parts the words of {puns[0].phrase!r} from their settings; change settings.json")
    turn = turns[OPENINGS.index(puns[0].opening) % len(turns)]  # another word in each opening
    return list(zip(puns, (pun.word for pun in _turned(puns, turn)), strict=True))


def _turned(row: list, turn: int) -> list:
    return row[turn:] + row[:turn]


class Corpus:
    """Endless training text: `window(length)` gives the words of one training example, drawn with a generator.

    A window opens with `<start>` and holds whole sentences, cut at its end. In a quarter of the windows all pun-shaped
    sentences are puns, in a quarter none is, in the rest each is with probability one half: over all, puns and non-puns are
    as frequent, and a context of puns announces another. With a `pun_rate` each is one with that probability everywhere.
    """

    def __init__(self, rng: np.random.Generator, pun_rate: float | None = None) -> None:
        self.rng, self.pun_rate = rng, pun_rate
        self._seen_puns = [pun for pun in pun_items() if not pun.held_out]
        self._strangers = _strangers()
        self._combinations = [(phrase, *entry) for phrase, entries in words_by_phrase().items() for entry in entries]
        self._vocabulary = [word for word in vocabulary() if word not in (START, UNKNOWN, END)]
        kinds: list[tuple[float, Callable[[float], list[str]]]] = [
            (0.60, self.pun_shaped),
            (0.10, self.profession_and_thing),
            (0.10, self.word_and_thing),
            (0.06, self.plain_phrase),
            (0.08, self.plain),
            (0.06, self.repetition),
        ]
        self._kinds = [kind for _, kind in kinds]
        self._limits = np.cumsum([share for share, _ in kinds])

    def window(self, length: int) -> list[str]:
        """`length` words."""
        drawn = (0.0, 0.5, 0.5, 1.0)[self.rng.integers(4)]  # drawn in any case, as in the runs that ship
        pun_rate = drawn if self.pun_rate is None else self.pun_rate
        text = [START]
        while len(text) < length:
            kind = int(np.searchsorted(self._limits, self.rng.random(), side="right"))
            text += self._kinds[min(kind, len(self._kinds) - 1)](pun_rate)
        return text[:length]

    def pun_shaped(self, pun_rate: float) -> list[str]:
        """A pun or a non-pun, half of the time with the audience's reaction."""
        item = self._a_pun() if self.rng.random() < pun_rate else self._a_non_pun()
        if self.rng.random() < 0.5:
            return [*item.sentence.split(), END]
        return [*item.reaction_prompt.split(), item.reaction, END]

    def _a_pun(self) -> PunItem:
        return self._pick(self._seen_puns)

    def _a_non_pun(self) -> PunItem:
        """A word and phrase drawn evenly, then a profession of another setting: so each word is as frequent as in puns."""
        phrase, its_setting, word = self._pick(self._combinations)
        setting, profession = self._pick(self._strangers[phrase, its_setting])
        return PunItem(self._pick(OPENINGS), profession, phrase, word, setting, False, False)

    def profession_and_thing(self, _: float) -> list[str]:
        setting = self._pick(settings())
        profession, thing, name = self._pick(setting.professions), self._pick(setting.things), self._pick(_NAMES)
        sentences = (
            f"the {profession} worked with the {thing} all day",
            f"every {profession} needs the {thing}",
            f"{name} met the {profession} near the {thing}",
            f"the {profession} told {name} about the {thing}",
        )
        return [*self._pick(sentences).split(), END]

    def word_and_thing(self, _: float) -> list[str]:
        setting = self._pick(settings())
        word, thing, name = self._pick(tuple(setting.words)), self._pick(setting.things), self._pick(_NAMES)
        sentences = (
            f"the {word} belongs to the {thing}",
            f"{name} told us about the {thing} and the {word}",
            f"with the {thing} comes the {word}",
            f"the {thing} needs the {word}",
        )
        return [*self._pick(sentences).split(), END]

    def plain_phrase(self, _: float) -> list[str]:
        phrase, _, word = self._pick(self._combinations)
        return [*f"on {self._pick(_DAYS)} {self._pick(_NAMES)} said i {phrase} {word}".split(), END]

    def plain(self, _: float) -> list[str]:
        """A sentence that has nothing to do with any setting."""
        return [*plain_sentence(self.rng).split(), END]

    def repetition(self, _: float) -> list[str]:
        """Random words, said two or three times over, so that what came before tells what comes next."""
        length, times = int(self.rng.integers(4, 11)), int(self.rng.integers(2, 4))
        return self.rng.choice(self._vocabulary, size=length, replace=False).tolist() * times + [END]

    def _pick(self, options):
        return options[self.rng.integers(len(options))]


@lru_cache(maxsize=1)
def _strangers() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """For a phrase and the setting of a word: (setting, profession) of others with which it may stand in training."""
    return {
        (phrase, own): [
            (setting.name, profession)
            for setting in settings()
            if setting.name != own and setting.word_for(phrase) is not None
            for profession in setting.professions
            if not is_held_out(setting, profession, phrase)
        ]
        for phrase, entries in words_by_phrase().items()
        for own, _ in entries
    }


def plain_sentence(rng: np.random.Generator) -> str:
    """A sentence without professions, things or words of two senses, to measure how well plain language is known."""

    def pick(options: list[str]) -> str:
        return options[rng.integers(len(options))]

    return (
        f"{pick(_NAMES)} {pick(_DEEDS)} the {pick(_ADJECTIVES)} {pick(_ANIMALS)} "
        f"in the {pick(_PLACES)} on {pick(_DAYS)}"
    )


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Every word of pun-world, `<start>`, `<unknown>` and "." first, the rest in alphabetical order."""
    words = {
        "a",
        "an",
        "but",
        "i",
        "the",
        "with",
        "all",
        "day",
        "every",
        "needs",
        "met",
        "near",
        "told",
        "about",
        "worked",
    }
    words |= {"belongs", "to", "us", "and", "comes", "on", "said", "in", GROAN, NOD, *REACTION}
    words |= {*_NAMES, *_ADJECTIVES, *_ANIMALS, *_PLACES, *_DEEDS, *_DAYS}
    for text in (*OPENINGS, *phrases()):
        words |= set(text.split())
    for setting in settings():
        words |= {*setting.professions, *setting.words, *setting.things}
    return (START, UNKNOWN, END, *sorted(words))
