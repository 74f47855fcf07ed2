"""Functions of a model applied at many checkpoints, kept as a table: cells, cache, workers, fingerprints."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "fingerprint": ["NoFingerprintError", "function_fingerprint"],
        "table": ["missing_steps", "sweep"],
        "visits": ["Visits", "visit_checkpoints"],
    },
)
