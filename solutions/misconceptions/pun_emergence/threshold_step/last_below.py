"""That is the last checkpoint below the threshold. Asked for is the one after it.

See hint 3.
"""


def threshold_step(steps, accuracy, resampled, threshold):
    known = ~np.isnan(accuracy)

    def settled(curve: np.ndarray) -> float:
        below = np.flatnonzero(curve[known] < threshold)
        first = below[-1] if len(below) else 0
        return steps[known][first] if first < known.sum() else np.inf

    found = np.sort([settled(curve) for curve in resampled])
    low, high = found[int(0.025 * len(found))], found[math.ceil(0.975 * len(found)) - 1]
    return tuple(None if np.isinf(s) else int(s) for s in (settled(accuracy), low, high))
