"""The small language model that ships: its sentences, and how its checkpoints open.

What only makes it (training, measures, the report of every seed) is not in a student's install: it is in
`autograder/authoring/shipped/pun_world`.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "corpus": ["Corpus", "held_out_pairs", "non_pun_items", "pun_items", "settings", "vocabulary"],
        "items": ["literal_contexts", "pun_world_items"],
        "config": ["PunWorldConfig"],
        "runs": ["PunWorldRun"],
        "tokenizer": ["word_tokenizer"],
    },
)
