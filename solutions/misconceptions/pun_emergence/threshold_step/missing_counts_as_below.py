"""A missing checkpoint counts as below the threshold here. Nothing is known of it: leave it out.

See hint 2.
"""


def threshold_step(steps, accuracy, resampled, threshold):
    known = np.ones(len(accuracy), dtype=bool)
    accuracy, resampled = np.nan_to_num(accuracy), np.nan_to_num(resampled)

    def settled(curve: np.ndarray) -> float:
        below = np.flatnonzero(curve[known] < threshold)
        first = below[-1] + 1 if len(below) else 0
        return steps[known][first] if first < known.sum() else np.inf

    found = np.sort([settled(curve) for curve in resampled])
    low, high = found[int(0.025 * len(found))], found[math.ceil(0.975 * len(found)) - 1]
    return tuple(None if np.isinf(s) else int(s) for s in (settled(accuracy), low, high))
