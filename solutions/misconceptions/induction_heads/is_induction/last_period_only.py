"""Only the last of the periods was looked at.

See hint 1.
"""


def is_induction(losses_at, periods):
    return losses_at(periods[-1])["later"] < np.log(2)
