"""A pretrained model becomes a suite: fine-tuning on texts, with checkpoints kept at many steps."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "loop": ["finetune"],
        "config": ["FineTuningConfig"],
        "runs": ["FineTuningRun"],
    },
)
