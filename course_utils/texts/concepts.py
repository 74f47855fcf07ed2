"""The concept of a study: texts that show it, each beside a twin that does not.

When a circuit forms can only be asked of a concept that is pinned down in texts. Each item of one has

    prompt          what the model reads                          i used to be a banker but i had no
    target          the word that completes it                    interest
    contrast        the prompt without the concept                i used to be a planter but i had no
    foil            what the contrast would rather have           branch
    label           what prompt + target is an example of         pun
    contrast_label  what contrast + target is an example of       non-pun
    group           items that must stay together                 interest

A probe tells `label` from `contrast_label` on sentences that end in the same word; the log-odds of target against foil are a
continuous measure of completion; the contrast, word for word as long as the prompt, is what activations are patched from. So
one list serves every method of a study.

`load_concept("puns")` and `load_concept("trades")` are two worked concepts in the vocabulary of pun-world,
`load_concept("mine.csv")` is your own, and `copy_template("mine.csv")` writes a file to start from. For models that read token
ids there is `induction_concept`. data/concepts/README.md says what each shows.

Pitfalls: the items of a group (by default, of one target) share words, so they are no independent evidence: hold out whole
groups, and resample groups for an interval. A target may be several tokens of a tokenizer; the probability of its first is not
its own.
`concerns` looks for these and for others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

PRESENT, ABSENT = "present", "absent"  # the labels where a file gives none
FEW_ITEMS, FEW_GROUPS = 20, 8  # below these an interval is too wide to tell a transition
TELLING_WORD = 0.65  # accuracy from one word alone, above which a probe may know no more than that word


@dataclass(frozen=True)
class ConceptItem:
    """A prompt with its target and its contrast; see the head of this file. `foil` is None where none was given."""

    id: str
    prompt: str
    target: str
    contrast: str
    foil: str | None
    label: str
    contrast_label: str
    group: str

    @property
    def sentence(self) -> str:
        """The prompt with its target, an example of `label`."""
        return f"{self.prompt} {self.target}"

    @property
    def contrast_sentence(self) -> str:
        """The contrast with the same target, an example of `contrast_label`."""
        return f"{self.contrast} {self.target}"


@dataclass(frozen=True)
class Concept:
    """A named list of items, with each of their parts as a list in the same order."""

    name: str
    items: tuple[ConceptItem, ...]

    @property
    def prompts(self) -> list[str]:
        return [item.prompt for item in self.items]

    @property
    def targets(self) -> list[str]:
        return [item.target for item in self.items]

    @property
    def contrasts(self) -> list[str]:
        return [item.contrast for item in self.items]

    @property
    def labels(self) -> list[str]:
        return [item.label for item in self.items]

    @property
    def groups(self) -> list[str]:
        return [item.group for item in self.items]

    def examples(self) -> pd.DataFrame:
        """What a probe is fitted on: a row per sentence, two per item, with `text`, `label`, `group` and `item`."""
        rows = [
            {"text": text, "label": label, "group": item.group, "item": item.id}
            for item in self.items
            for text, label in ((item.sentence, item.label), (item.contrast_sentence, item.contrast_label))
        ]
        return pd.DataFrame(rows)

    def table(self) -> pd.DataFrame:
        """A row per item, indexed by its id."""
        return pd.DataFrame([asdict(item) for item in self.items]).set_index("id")

    def __len__(self) -> int:
        return len(self.items)


def concerns(concept: Concept, tokenizer: "PreTrainedTokenizerBase | None" = None) -> list[str]:
    """What could make a study of a concept mislead, a sentence each; with a tokenizer, also what it does to the texts.

    None of it forbids the study: each is to be mended, or to be named in it.
    """
    found = [*_too_few(concept), *_telling_words(concept)]
    if tokenizer is not None:
        found += _concerns_of_tokens(concept, tokenizer)
    return found


def _too_few(concept: Concept) -> Iterator[str]:
    for name, count, few in (("items", len(concept), FEW_ITEMS), ("groups", len(set(concept.groups)), FEW_GROUPS)):
        if count < few:
            yield f"{count} {name}: intervals will be wide; {few} or more tell a transition from noise"
    if missing := sum(item.foil is None for item in concept.items):
        yield f"{missing} of {len(concept)} items have no foil, so the log-odds of target against foil leave them out"


def _telling_words(concept: Concept) -> Iterator[str]:
    examples = concept.examples()
    texts = [set(text.lower().split()) for text in examples.text]
    majority = examples.label.value_counts().max() / len(examples)
    word, accuracy = max(
        ((word, _accuracy_of_word(word, texts, examples.label)) for word in sorted(set.union(*texts))),
        key=lambda scored: scored[1],
    )
    if accuracy > max(TELLING_WORD, majority):
        yield (
            f"the word {word!r} alone tells the labels rightly in {accuracy:.0%} of sentences; a probe may find no more than "
            "that. Let every word stand as often under each label"
        )


def _accuracy_of_word(word: str, texts: Sequence[set[str]], labels: Sequence[str]) -> float:
    """Share of sentences that the best rule on the presence of a word classes rightly; labels are in sight."""
    counts: dict[bool, Counter[str]] = defaultdict(Counter)
    for text, label in zip(texts, labels, strict=True):
        counts[word in text][label] += 1
    return sum(max(count.values()) for count in counts.values()) / len(texts)


def _concerns_of_tokens(concept: Concept, tokenizer: "PreTrainedTokenizerBase") -> Iterator[str]:
    def count(text: str) -> int:
        return len(tokenizer(text).input_ids)

    if unknown := [item.id for item in concept.items if _has_unknown(item, tokenizer)]:
        yield f"words that the tokenizer does not know, in {_some(unknown)}; the model never saw them"
    if uneven := [item.id for item in concept.items if count(item.prompt) != count(item.contrast)]:
        yield f"prompt and contrast differ in their number of tokens in {_some(uneven)}; positions do not match there"
    if long := [item.id for item in concept.items if len(_word_tokens(item.target, tokenizer)) > 1]:
        yield f"the target is several tokens in {_some(long)}; score all of them, not the first"


def _has_unknown(item: ConceptItem, tokenizer: "PreTrainedTokenizerBase") -> bool:
    text = " ".join((item.sentence, item.contrast, item.foil or ""))
    return tokenizer.unk_token_id is not None and tokenizer.unk_token_id in tokenizer(text).input_ids


def _word_tokens(word: str, tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    return tokenizer(f" {word}", add_special_tokens=False).input_ids


def _some(ids: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(ids) - shown} more" if len(ids) > shown else ""
    return f"{', '.join(ids[:shown])}{more} of the items"
