"""Texts and the word that is asked for after each, as tokens: what it takes to score a word and not just its first token.

    asked = continuations(suite.tokenizer, [pun.setup for pun in puns], [pun.target for pun in puns])
    for logits, tokens in windows(model, asked): ...        # the end of each text: its last token, then those of the word

Pitfalls: a word in a text is a token *with its space* (" interest"), and "interest" is another one, which would go on with the
word before. A long word is several tokens, of which the first alone may be the beginning of many words. And the tokens of
text and word together need not begin with those of the text alone; where they do not, this says so instead of guessing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.inside.activations import read_activations
from course_utils.inside.architectures import architecture
from course_utils.inside.unembedding import output_head


@dataclass(frozen=True)
class Continuations:
    """Texts with their words, padded on the right, where a causal model does not look."""

    tokens: Int[Tensor, "text position"]
    ends: Int[Tensor, " text"]  # how many tokens of a row are text and word
    lengths: Int[Tensor, " text"]  # how many of these are the word

    @property
    def last_of_text(self) -> Int[Tensor, " text"]:
        """The position from which the word is predicted."""
        return self.ends - self.lengths - 1

    @property
    def last_of_word(self) -> Int[Tensor, " text"]:
        return self.ends - 1


def continuations(tokenizer: Any, texts: Sequence[str], words: Sequence[str]) -> Continuations:
    """The tokens of each text with its word after a space.

    Raises ValueError for a word that the tokenizer does not know, or whose tokens merge with those of the text.
    """
    rows = [tokenizer(f"{text} {word}")["input_ids"] for text, word in zip(texts, words, strict=True)]
    lengths = [len(row) - len(_text_tokens(tokenizer, text, row)) for text, row in zip(texts, rows, strict=True)]
    for text, word, row in zip(texts, words, rows, strict=True):
        if not _reads_back(tokenizer, row, f"{text} {word}"):
            raise ValueError(f"got the word {word!r} after {text!r}; the tokenizer does not know every word of that")
    tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for place, row in enumerate(rows):
        tokens[place, : len(row)] = torch.tensor(row)
    return Continuations(tokens, torch.tensor([len(row) for row in rows]), torch.tensor(lengths))


def _text_tokens(tokenizer: Any, text: str, row: list[int]) -> list[int]:
    alone = tokenizer(text)["input_ids"]
    if row[: len(alone)] != alone or len(row) == len(alone):
        raise ValueError(f"{text!r}: its tokens change when a word follows; expected a text without a space at its end")
    return alone


def knows_words(tokenizer: Any, text: str) -> bool:
    """Whether a tokenizer has a token for everything in a text: its tokens read back as the text, spaces aside."""
    return _reads_back(tokenizer, tokenizer(text)["input_ids"], text)


def _reads_back(tokenizer: Any, tokens: list[int], text: str) -> bool:
    # Not every tokenizer tells which token stands for what it does not know.
    return tokenizer.decode(tokens, skip_special_tokens=True).split() == text.split()


def windows(
    model: Any, asked: Continuations
) -> Iterator[tuple[Float[Tensor, "position vocabulary"], Int[Tensor, " position"]]]:
    """For each text the logits and tokens of its end: the last token of the text, then the tokens of the word.

    All texts go through the model in one pass, and only these logits are computed, as a vocabulary can be large.
    """
    counts = asked.lengths + 1
    rows = torch.arange(len(counts)).repeat_interleave(counts)
    offsets = torch.cat([torch.arange(count) for count in counts.tolist()])
    positions = asked.last_of_text[rows] + offsets
    last_layer = architecture(model).n_layers - 1
    stream = read_activations(model, asked.tokens, "resid_post", layers=[last_layer])["resid_post"][0]
    final_norm, unembed = output_head(model)
    logits = unembed(final_norm(stream[rows, positions]))
    yield from zip(logits.split(counts.tolist()), asked.tokens[rows, positions].split(counts.tolist()), strict=True)


def token_texts(tokenizer: Any, size: int) -> list[str]:
    """What each of `size` tokens adds to a text, a space before it where it begins a word; "" where there is no such token.

    >>> from autograder.authoring.shipped.pun_world.training import word_tokenizer
    >>> token_texts(word_tokenizer(), 363)[-1]
    ' worked'
    """
    spaceless = tokenizer(" a", add_special_tokens=False) == tokenizer("a", add_special_tokens=False)
    special, known = set(tokenizer.all_special_ids), len(tokenizer)
    texts = []
    for token in range(size):
        text = tokenizer.decode([token]) if token < known else ""
        begins_word = spaceless and token not in special and text[:1].isalnum()
        texts.append(f" {text}" if begins_word else text)
    return texts
