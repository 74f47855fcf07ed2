"""A concept in the tokens of one model: everything that the methods of a study read from.

    asked = tokenise_concept(load_concept("trades"), suite.tokenizer)
    asked.prompts               (item, position): each prompt, padded on the right, where a causal model does not look
    asked.last                  (item,): position of the last token of each prompt, from which the target is predicted
    asked.targets, asked.foils  (item,): the first token of each target and of each foil
    asked.contrasts             (item, position): each contrast, position for position beside its prompt

Pitfalls: a method that asks for logits of one token (`targets`) asks for the *first* token of a word; for words of several
tokens the sum over all of them is the word's log probability (`target_words`, `foil_words` and `windows`).
Prompt and contrast have to be equally long in *tokens*, as activations are put from one into the other at the same position.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils.texts.concepts import Concept
from course_utils.texts.words_after_texts import Continuations, continuations


@dataclass(frozen=True)
class TokenisedConcept:
    """A concept as token ids; made by `tokenise_concept`. Items stay in their order."""

    concept: Concept
    target_words: Continuations = field(repr=False)  # prompt + target
    foil_words: Continuations = field(repr=False)  # prompt + foil
    contrast_words: Continuations = field(repr=False)  # contrast + target

    @property
    def groups(self) -> list[str]:
        """The group of each item."""
        return self.concept.groups

    @property
    def last(self) -> Int[Tensor, " item"]:
        """Position of the last token of each prompt, and of its contrast."""
        return self.target_words.last_of_text

    @property
    def prompts(self) -> Int[Tensor, "item position"]:
        """The prompts, targets cut off."""
        return _cut(self.target_words)

    @property
    def contrasts(self) -> Int[Tensor, "item position"]:
        """The contrasts, targets cut off; as wide as the prompts."""
        return _cut(self.contrast_words)

    @property
    def mask(self) -> Bool[Tensor, "item position"]:
        """Where a prompt has tokens, and not padding."""
        return torch.arange(self.prompts.shape[1]) <= self.last[:, None]

    @property
    def targets(self) -> Int[Tensor, " item"]:
        """The first token of each target."""
        return _after_text(self.target_words)

    @property
    def foils(self) -> Int[Tensor, " item"]:
        """The first token of each foil."""
        return _after_text(self.foil_words)

    def log_odds(self, logits: Float[Tensor, "*any item vocabulary"]) -> Float[Tensor, "*any item"]:
        """Logit of the target minus that of the foil, which is log p(target) - log p(foil), in nats; first tokens of words."""
        item = torch.arange(len(self.targets))
        return logits[..., item, self.targets] - logits[..., item, self.foils]

    @cached_property
    def sentences(self) -> Int[Tensor, "sentence position"]:
        """What a probe reads: every prompt with its target, then every contrast with the same target."""
        return torch.cat([self.target_words.tokens, self.contrast_words.tokens])

    @property
    def sentence_ends(self) -> Int[Tensor, " sentence"]:
        """Position of the last token of each sentence."""
        return torch.cat([self.target_words.last_of_word, self.contrast_words.last_of_word])

    @property
    def has_concept(self) -> Bool[Tensor, " sentence"]:
        """Which of the sentences are examples of the concept: the first half."""
        return torch.arange(2 * len(self.concept)) < len(self.concept)

    @property
    def sentence_groups(self) -> list[str]:
        """The group of each sentence."""
        return 2 * self.groups


def tokenise_concept(concept: Concept, tokenizer: Any) -> TokenisedConcept:
    """The tokens of a concept. Raises ValueError, naming the items, where one has no foil, holds words that the tokenizer does
    not know, or has a contrast of another number of tokens than its prompt."""
    if without := [item.id for item in concept.items if item.foil is None]:
        raise ValueError(
            f"{concept.name}: no foil in {_some(without)}; the log-odds need one: the word that the contrast would rather have"
        )
    foils = [item.foil for item in concept.items]
    target_words = continuations(tokenizer, concept.prompts, concept.targets)
    foil_words = continuations(tokenizer, concept.prompts, foils)
    contrast_words = continuations(tokenizer, concept.contrasts, concept.targets)
    differ = (target_words.last_of_text != contrast_words.last_of_text).tolist()
    if uneven := [item.id for item, is_uneven in zip(concept.items, differ, strict=True) if is_uneven]:
        raise ValueError(
            f"{concept.name}: prompt and contrast differ in their number of tokens in {_some(uneven)}; their positions have to "
            "match, as activations of one are put into the other"
        )
    return TokenisedConcept(concept, target_words, foil_words, contrast_words)


def _cut(words: Continuations) -> Int[Tensor, "item position"]:
    """The texts alone, zero where they are over."""
    width = int(words.last_of_text.max()) + 1
    within = torch.arange(width) <= words.last_of_text[:, None]
    return torch.where(within, words.tokens[:, :width], 0)


def _after_text(words: Continuations) -> Int[Tensor, " item"]:
    return words.tokens.gather(1, words.last_of_text[:, None] + 1)[:, 0]


def _some(ids: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(ids) - shown} more" if len(ids) > shown else ""
    return f"{', '.join(ids[:shown])}{more}"
