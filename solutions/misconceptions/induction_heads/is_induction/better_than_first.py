"""Later losses were compared with first ones. Knowing which tokens occur at all lowers the later loss, without any
induction: it has to be below ln 2.

See hint 2.
"""


def is_induction(losses_at, periods):
    return all(losses_at(period)["later"] < losses_at(period)["first"] for period in periods)
