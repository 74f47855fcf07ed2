"""TransformerLens beside us, where it is installed: the same weights in its HookedTransformer."""

import importlib.util
from importlib.metadata import version

import pytest
import torch


def _reason() -> str:
    if importlib.util.find_spec("transformer_lens") is None:
        return "TransformerLens is not installed: nothing to agree with"
    if int(version("transformer_lens").partition(".")[0]) > 3:
        return "TransformerLens 4 has no HookedTransformer any more, which these tests load weights into; install 3"
    return ""


needs_transformer_lens = pytest.mark.skipif(bool(_reason()), reason=_reason())


def hooked(model: torch.nn.Module) -> torch.nn.Module:
    """The weights of an attention-only transformer of two layers in TransformerLens's own network."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    (vocabulary, d_model), context = model.embed.W_E.shape, model.context
    n_heads, _, d_head = model.blocks[0].attn.W_Q.shape
    shape = {"d_model": d_model, "n_ctx": context, "d_head": d_head, "n_heads": n_heads, "d_vocab": vocabulary}
    settings = {"n_layers": len(model.blocks), "attn_only": True, "normalization_type": "LNPre", "act_fn": None}
    theirs = HookedTransformer(HookedTransformerConfig(**shape, **settings))
    state = {name: torch.zeros_like(t) if ".b_" in name else t for name, t in theirs.state_dict().items()}
    theirs.load_state_dict({**state, **model.state_dict()})
    return theirs
