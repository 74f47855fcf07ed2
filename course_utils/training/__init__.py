"""What all trainers share: which steps are kept, runs on disk, stopping and resuming, threads, optimiser state.

No trainer lives here: they are `modular_addition`, `attention_only`, `pun_world` and `finetuning`.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "hashing": ["file_hash", "tensors_hash"],
        "interruption": ["interrupts"],
        "optimisers": ["optimiser_state", "restore_optimiser"],
        "resuming": ["configs_of_seeds", "expect_optimiser", "expect_same_settings", "runs_to_resume"],
        "runs": ["RunGroup", "TrainingRun", "read_description"],
        "kept_steps": ["checkpoint_schedule", "log_spaced_steps"],
        "selection": ["nearest_step", "select_steps"],
        "worker_threads": ["one_thread", "threads", "worker_pool"],
    },
)
