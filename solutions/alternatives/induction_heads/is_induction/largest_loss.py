"""The largest of the later losses, as numpy's own True or False."""


def is_induction(losses_at, periods):
    return np.max([losses_at(period)["later"] for period in periods]) < np.log(2)
