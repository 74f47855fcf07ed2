"""What all trainers share: which steps are kept, runs on disk, stopping and resuming, threads, optimiser state.

No trainer lives here, and none is named here; see `modular_addition`, `attention_only`, `pun_world` and `finetuning`.
"""
