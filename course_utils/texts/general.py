"""General text as tokens: what a concept is compared with, to see whether its change is a change of everything.

    general = general_tokens(suite.tokenizer, texts_without_puns(), window=64)     # (text, position)

Pitfall: general text has to be of the kind that the model was trained on, and free of the concept. The loss on a few dozen
windows is known to a few hundredths of a nat; differences between checkpoints on the *same* windows are known better.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor


def general_tokens(tokenizer: Any, texts: Sequence[str], window: int = 64) -> Int[Tensor, "text window"]:
    """The first `window` tokens of each text that has as many.

    Raises ValueError where no text is that long.
    """
    rows = [tokenizer(text)["input_ids"][:window] for text in texts]
    whole = [row for row in rows if len(row) == window]
    if not whole:
        longest = max(map(len, rows), default=0)
        raise ValueError(
            f"got {len(texts)} texts of at most {longest} tokens; expected some of {window} or more. Join short ones, or ask "
            "for a smaller window"
        )
    return torch.tensor(whole)
