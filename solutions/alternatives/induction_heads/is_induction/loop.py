"""A loop that stops at the first period that refutes it."""


def is_induction(losses_at, periods):
    return all(losses_at(period)["later"] < 0.693147 for period in periods)
