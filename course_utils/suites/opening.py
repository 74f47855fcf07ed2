"""How a checkpoint is handed out: a module wrapped for nnsight, in the dtype that was asked for."""

from copy import copy
from typing import Any

import torch


def as_nnsight(module: torch.nn.Module, tokenizer: Any = None) -> Any:
    """A module wrapped for nnsight: a transformers model with its tokenizer as a TransformersModel, others plainly."""
    import nnsight

    if tokenizer is not None:
        # A copy: a pipeline of transformers, which nnsight makes, has the tokenizer that it is given pad on the left.
        return nnsight.TransformersModel(module, tokenizer=copy(tokenizer))
    return nnsight.NNsight(module)


def as_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """A torch dtype from itself or its name; raises ValueError for what is none."""
    if dtype is None or isinstance(dtype, torch.dtype):
        return dtype
    found = getattr(torch, str(dtype).removeprefix("torch."), None)
    if not isinstance(found, torch.dtype):
        raise ValueError(f"got dtype={dtype!r}; expected a torch dtype or its name, as in 'float32' or 'bfloat16'")
    return found
