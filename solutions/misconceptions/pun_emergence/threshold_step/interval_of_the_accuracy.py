"""The interval comes from quantiles of the accuracy at each checkpoint. Find the step in each resample first, then take
the quantiles of these steps.

See hint 1.
"""


def threshold_step(steps, accuracy, resampled, threshold):
    known = ~np.isnan(accuracy)

    def settled(curve: np.ndarray) -> float:
        below = np.flatnonzero(curve[known] < threshold)
        first = below[-1] + 1 if len(below) else 0
        return steps[known][first] if first < known.sum() else np.inf

    low, high = (settled(curve) for curve in np.quantile(resampled, [0.975, 0.025], axis=0))
    return tuple(None if np.isinf(s) else int(s) for s in (settled(accuracy), low, high))
