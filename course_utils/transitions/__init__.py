"""Is it a phase transition, when, and in which order? Words for a curve over training that can also be "I cannot tell".

    found = describe_transition(run.metrics.index, run.metrics["test_accuracy"])
    found.verdict, found.step, found.interval     # "sudden", "gradual", "none" or "unresolved"; where; within which steps
    print(found.message); found.plot()

What each verdict means, and how often it errs, is in `description` and docs/transitions.md. The other names:
`compare_transitions` (what came first), `thresholded_twin` (does only the thresholded measure jump?), `count_changes`
(several changes in one curve), `assembly_timeline` (a figure of what formed when) and `redundancy` (how many components carry
the effect).

Pitfalls: a difference between neighbouring checkpoints that exceeds a threshold says as much about their spacing as about
the curve, so nothing here uses one. What happened between two checkpoints is not known; a location comes with its bracket.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "comparison": ["Comparison", "Twin", "compare_transitions", "thresholded_twin"],
        "effect_spread": ["components_for_share", "redundancy"],
        "counts": ["Changes", "count_changes"],
        "description": ["Transition", "VERDICTS", "describe_transition"],
        "figures": ["assembly_timeline", "plot_transition", "plot_twin"],
        "fits": ["Fit"],
    },
)
