"""The concept of induction: a sequence that goes on with what followed its last token the first time.

    config = InductionConfig()                                  # the settings that the model was trained with
    tokenizer = token_word_tokenizer(config.vocabulary)         # its suite has none: it was trained on token ids
    concept = induction_concept(config)                         # 40 items, 20 target tokens
    asked = continuations(tokenizer, concept.prompts, concept.targets)

An item of a period of six tokens, with the last token at its second place:

    prompt      t4 t9 T t2 F t7 t4 t9          target T, which followed t9 the first time
    contrast    t4 t9 F t2 T t7 t4 t9          foil F, which follows it here

Target and foil change places in the first copy, and nothing else differs. So both hold the same tokens as often, and neither
"what was there before" nor "what is frequent" prefers one; each token is as often the target as the foil, so that
liking a token for itself cancels out. Whoever prefers the target after the prompt and the foil after the contrast has looked up
what followed (Olsson et al. 2022, arXiv 2209.11895).

Pitfalls: the foil stands nearer to the end than the target in a prompt, and farther in its contrast, so a model that
likes what is near is below 0 on prompts by that alone: compare with the contrasts. The tokens of a period are all different
here, which those of training need not be. Prompt and contrast differ at two places, the earlier of which is the one that
induction reads. And a linear probe of the last token does not tell a repeated pair from a new one, even in models that
complete every item: nothing in their training asks for that verdict. Readable and used come apart here.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.repeated_tokens import with_start
from course_utils.pun_world.corpus import START, UNKNOWN
from course_utils.texts.concepts import Concept, ConceptItem

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

REPEATED, NEW = "repeated pair", "new pair"  # of the last two tokens of a sentence
LEAST_PERIOD = 4
DRAWS = 1000  # of one item, before it is said that there are not so many different ones


def token_word_tokenizer(vocabulary: int) -> "PreTrainedTokenizerFast":
    """Words "t0" .. "t{vocabulary - 1}" for token ids 0 .. vocabulary - 1, parted by spaces, after `<start>`, id vocabulary.

    Any other word becomes `<unknown>`, id vocabulary + 1, for which a model has no row: `knows_words` and `continuations` tell
    it, and no number comes out of it. Raises ValueError for fewer than 1 token.

    >>> token_word_tokenizer(32)("t3 t31").input_ids
    [32, 3, 31]
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    if vocabulary < 1:
        raise ValueError(
            f"got vocabulary={vocabulary}; expected at least 1 token, config.vocabulary of the trained model"
        )
    numbers = {token_word(token): token for token in range(vocabulary)}
    tokenizer = Tokenizer(WordLevel(numbers | {START: vocabulary, UNKNOWN: vocabulary + 1}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single=f"{START} $A", special_tokens=[(START, vocabulary)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=START, pad_token=START, unk_token=UNKNOWN
    )


def token_word(token: int) -> str:
    """The word that stands for a token id in texts.

    >>> token_word(7)
    't7'
    """
    return f"t{token}"


def induction_concept(
    config: InductionConfig | None = None, *, items: int = 40, groups: int = 20, seed: int = 0
) -> Concept:
    """Items for a model of `config`, groups being target tokens; each of them is a target, and a foil, items / groups times.

    Start token, prompt and target are at most config.length + 1 tokens, and periods are those of training that leave room.
    Raises ValueError where the model or its vocabulary is too small, or `items` is no multiple of 2 or more `groups`.
    """
    config = config or InductionConfig()
    periods = _periods(config)
    if not 2 <= groups <= config.vocabulary or items < groups or items % groups:
        raise ValueError(
            f"got {items=}, {groups=}; expected 2 to {config.vocabulary} groups (tokens), and a multiple of them as items"
        )
    rng = np.random.default_rng(seed)
    made: list[ConceptItem] = []
    seen: set[str] = set()
    for target, foil in _pairs(config.vocabulary, items, groups, rng):
        for _ in range(DRAWS):
            item = _item(target, foil, len(made), periods, config, rng)
            if item.sentence not in seen and item.contrast_sentence not in seen:
                break
        else:
            raise ValueError(f"got {items=} with {config.vocabulary} tokens; there are not so many different ones")
        seen |= {item.sentence, item.contrast_sentence}
        made.append(item)
    return Concept("induction", tuple(made))


def general_sequences(
    config: InductionConfig | None = None, *, count: int = 64, seed: int = 0
) -> Int[Tensor, "text position"]:
    """Start token, then different tokens in a random order, as many as the greatest period of training (or all there are).

    No token occurs twice, so there is nothing to look up: who knows no more than the vocabulary pays log(vocabulary) nats. A
    model that expects a repeat pays more, so this loss is no constant while induction forms. Raises ValueError for count < 1.
    """
    config = config or InductionConfig()
    if count < 1:
        raise ValueError(f"got count={count}; expected at least 1 sequence")
    length = min(config.periods[1], config.vocabulary, config.length)
    drawn = torch.rand(count, config.vocabulary, generator=torch.Generator().manual_seed(seed))
    return with_start(drawn.argsort(dim=1)[:, :length], config.vocabulary)


def _periods(config: InductionConfig) -> range:
    """Periods of training at which a whole copy, one token of the second copy and the target have room."""
    least = max(config.periods[0], LEAST_PERIOD)
    greatest = min(config.periods[1], config.vocabulary, config.length - 2)
    if least > greatest:
        raise ValueError(
            f"got periods {config.periods}, vocabulary {config.vocabulary} and length {config.length}; expected a period of "
            f"{LEAST_PERIOD} or more different tokens that leaves 2 positions of the length"
        )
    return range(least, greatest + 1)


def _pairs(vocabulary: int, items: int, groups: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """A target and another token as its foil for each item; in each round all targets are foils once."""
    targets = rng.choice(vocabulary, size=groups, replace=False)
    for _ in range(items // groups):
        order = rng.permutation(targets)
        yield from zip(order.tolist(), np.roll(order, 1).tolist(), strict=True)


def _item(
    target: int, foil: int, number: int, periods: range, config: InductionConfig, rng: np.random.Generator
) -> ConceptItem:
    period = int(rng.integers(periods.start, periods.stop))
    last = int(rng.integers(min(period - 2, config.length - period - 1)))  # place in its copy of a prompt's last token
    far = int(rng.integers(last + 2, period))  # place of the foil, which the second copy does not reach
    others = [token for token in range(config.vocabulary) if token not in (target, foil)]
    rest = rng.choice(others, size=period - 2, replace=False).tolist()
    prompt, contrast = (_text(rest, last, far, first, later) for first, later in ((target, foil), (foil, target)))
    words = token_word(target), token_word(foil)
    return ConceptItem(f"{words[0]}-{number}", prompt, words[0], contrast, words[1], REPEATED, NEW, words[0])


def _text(rest: list[int], last: int, far: int, after_last: int, at_far: int) -> str:
    """A copy with two tokens put into the rest, then its beginning once more, up to the place `last`."""
    copy = list(rest)
    copy.insert(last + 1, after_last)
    copy.insert(far, at_far)
    return " ".join(token_word(token) for token in (*copy, *copy[: last + 1]))
