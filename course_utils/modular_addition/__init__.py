"""Grokking on modular addition: the task, the one-layer transformer, its fast update, the training loop."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["ModularAdditionConfig"],
        "loop": ["train"],
        "runs": ["ModularAdditionRun"],
        "model": ["ModularAdditionTransformer"],
        "task": [
            "all_pairs",
            "cross_entropy",
            "pair_sums",
            "pair_tokens",
            "split_pairs",
        ],
    },
)
