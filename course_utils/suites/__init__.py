"""A model at many training steps: suites that ship, saved runs, repositories on the hub, models on NDIF.

`load_suite(source)` opens any of them. Choosing steps, verifying a suite and knowing what it costs live here too; measuring
something at its steps is for `sweeps`.
"""
