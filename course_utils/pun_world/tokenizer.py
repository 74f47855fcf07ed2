"""The tokenizer of pun-world: one token a word."""

from functools import lru_cache
from typing import TYPE_CHECKING

from course_utils.pun_world.corpus import START, UNKNOWN, vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@lru_cache(maxsize=1)
def word_numbers() -> dict[str, int]:
    """The token of each word of pun-world."""
    return {word: n for n, word in enumerate(vocabulary())}


@lru_cache(maxsize=1)
def word_tokenizer() -> "PreTrainedTokenizerFast":
    """One token per word of pun-world, in the tokenizers format; text is lower case, words parted by spaces.

    Every text gets `<start>` before it, as in training: without it completion falls from 0.98 to 0.79 at step 2100. For
    the token of a single word, say `tokenizer(" interest", add_special_tokens=False)`. A word that pun-world does not have
    becomes `<unknown>`, a token that no training text holds.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(WordLevel(word_numbers(), unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single=f"{START} $A", special_tokens=[(START, word_numbers()[START])])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=START, pad_token=START, unk_token=UNKNOWN
    )
