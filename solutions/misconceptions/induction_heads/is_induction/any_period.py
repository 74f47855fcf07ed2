"""One period with a low loss was enough. A shortcut works at one period, too: it has to be low at every one.

See hint 1.
"""


def is_induction(losses_at, periods):
    return any(losses_at(period)["later"] < np.log(2) for period in periods)
