"""Reading and changing an opened model: named places, activations, interventions, heads by name, the output head.

Works on GPT-NeoX, OLMo and the course's toy models alike; `architectures` is where another one is added.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activations": ["logits", "patterns", "read_activations", "residual_stream", "unembed"],
        "architectures": ["PLACES", "architecture"],
        "last_word": ["component_runs"],
        "components": ["Component", "all_heads", "attention", "head", "mlp", "neurons", "residual", "whole_layer"],
        "interventions": ["ablate", "ablate_each", "patch", "patch_each", "path_patch", "run_edited"],
        "names": ["named_components"],
        "sparse_autoencoder": [
            "SparseAutoencoder",
            "concept_features",
            "feature_contrasts",
            "train_sparse_autoencoder",
        ],
        "unembedding": ["output_head"],
    },
)
