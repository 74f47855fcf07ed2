"""The steps around the expected change by binary search, and an integer array for a list."""


def select_checkpoints(steps, count, expected):
    steps = np.asarray(steps)
    positive = steps[steps > 0]
    places = np.log(positive[0]) + np.arange(count) / (count - 1) * np.log(positive[-1] / positive[0])
    nearest = positive[np.abs(np.log(positive) - places[:, None]).argmin(axis=1)]
    before = steps[np.searchsorted(steps, expected[0], side="right") - 1]
    after = steps[np.searchsorted(steps, expected[1], side="left")]
    return np.unique(np.concatenate([steps[steps == 0], nearest, [before, after]]))
