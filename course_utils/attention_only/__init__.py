"""Induction heads in the smallest network that can form them: the attention-only transformer, its training and its data."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["InductionConfig"],
        "runs": ["InductionRun"],
        "loop": ["train"],
        "model": ["AttentionOnlyTransformer", "normalise"],
        "predictors": ["losses_of_predictor"],
        "repeated_tokens": ["context_bigrams", "repeated_sequences", "with_start", "zipf_streams"],
    },
)
