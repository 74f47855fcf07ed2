"""A model at many training steps: suites that ship, saved runs, repositories on the hub, models on NDIF.

`load_suite(source)` opens any of them. Verifying a suite and knowing what it costs live here too; steps are chosen by
`training.selection`, and measuring something at them is for `sweeps`.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "base": ["Suite"],
        "costs": ["checkpoint_costs"],
        "hub": ["HubError", "HubSuite"],
        "load": ["load_suite"],
        "ndif": ["RemoteSuite"],
        "saved_runs": ["RunSuite", "load_run"],
        "shipped": ["load_recorded", "load_table", "shipped_runs"],
        "to_finetune": ["open_base"],
        "verification": ["verify_suite"],
    },
)
