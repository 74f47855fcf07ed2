"""The door to the kit: what notebooks use most, by name, each imported when it is first used.

    from course_utils import check, describe_transition, load_suite, plot_trajectories, sweep

What belongs to one subject is in its room: `from course_utils.modular_addition import ModularAdditionConfig, train`.
Importing the door takes milliseconds, and pulls in neither torch nor transformers. It holds no answer to an exercise.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "attention_only",
        "checking",
        "figures",
        "finetuning",
        "inside",
        "modular_addition",
        "pun_world",
        "studies",
        "suites",
        "sweeps",
        "texts",
        "training",
        "transitions",
    ],
    submod_attrs={
        "checking": ["CheckFailed", "check"],
        "figures": [
            "choice_and_step",
            "mark_missing",
            "mark_steps",
            "plot_trajectories",
            "plot_with_intervals",
            "step_slider",
        ],
        "finetuning": ["FineTuningConfig", "finetune"],
        "inside": ["ablate", "ablate_each", "all_heads", "patch", "patch_each", "path_patch", "read_activations"],
        "studies": ["Study", "check_study", "load_study", "make_report"],
        "suites": ["checkpoint_costs", "load_recorded", "load_suite", "load_table"],
        "sweeps": ["missing_steps", "sweep", "visit_checkpoints"],
        "texts": ["load_concept", "load_puns"],
        "transitions": [
            "assembly_timeline",
            "compare_transitions",
            "count_changes",
            "describe_transition",
            "redundancy",
            "thresholded_twin",
        ],
    },
)
