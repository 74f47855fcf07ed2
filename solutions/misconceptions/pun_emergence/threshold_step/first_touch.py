"""That is the first checkpoint at or above the threshold. A curve can touch it and fall back: look for the checkpoint
from which it stays there.

See hint 1.
"""


def threshold_step(steps, accuracy, resampled, threshold):
    known = ~np.isnan(accuracy)

    def settled(curve: np.ndarray) -> float:
        above = np.flatnonzero(curve[known] >= threshold)
        return steps[known][above[0]] if len(above) else np.inf

    found = np.sort([settled(curve) for curve in resampled])
    low, high = found[int(0.025 * len(found))], found[math.ceil(0.975 * len(found)) - 1]
    return tuple(None if np.isinf(s) else int(s) for s in (settled(accuracy), low, high))
