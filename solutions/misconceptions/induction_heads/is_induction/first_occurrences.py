"""The loss on first occurrences was looked at. Nobody can know those.

See hint 2.
"""


def is_induction(losses_at, periods):
    return all(losses_at(period)["first"] < np.log(2) for period in periods)
