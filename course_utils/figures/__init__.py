"""Figures and sliders over training steps. They draw what they are given and compute nothing."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "puns": ["Panel", "component_heat_map", "draw_pun", "pun_dashboard"],
        "sliders": ["choice_and_step", "step_slider"],
        "trajectories": ["log_step_axis", "mark_missing", "mark_steps", "plot_trajectories", "plot_with_intervals"],
    },
)
