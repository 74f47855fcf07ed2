"""The project: a study's file, its checkpoints, findings, measuring anew, and its report."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cell": ["check_study"],
        "checkpoints": ["StudyRefused", "closer_steps", "study_steps"],
        "file": ["APPROACHES", "Study", "StudyFileError", "load_study"],
        "findings": ["FINDINGS", "Finding", "transitions_of"],
        "induction_training": ["induction_runs"],
        "metrics": ["METRICS", "UNITS", "by_group", "means", "metrics_of"],
        "pun_finetuning": ["finetune_on_puns", "pun_config", "texts_without_puns"],
        "report.page": ["make_report"],
        "sources": ["study_suite"],
    },
)
