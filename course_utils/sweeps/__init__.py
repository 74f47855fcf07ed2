"""Functions of a model applied at many checkpoints, kept as a table: cells, cache, workers, fingerprints."""
