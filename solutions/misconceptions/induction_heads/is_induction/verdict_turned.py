"""The verdict is turned: a low loss at every period speaks for induction.

See hint 1.
"""


def is_induction(losses_at, periods):
    return not all(losses_at(period)["later"] < np.log(2) for period in periods)
