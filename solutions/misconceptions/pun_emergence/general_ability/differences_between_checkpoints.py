"""These are correlations of differences between neighbouring checkpoints, which depend on how they are spaced. Take a
straight line in log10 step out of each curve.

See hint 2.
"""


def general_ability(steps, margins, plain_loss, resamples):
    def rest(curve):
        return np.diff(curve)

    def with_interval(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        curves = [margins.mean(axis=0), *(margins[words].mean(axis=0) for words in resamples)]
        found = [np.corrcoef(change(curve), change(-plain_loss))[0, 1] for curve in curves]
        return np.array([found[0], *np.quantile(found[1:], [0.025, 0.975])])

    return {"correlation": with_interval(np.array), "partial_correlation": with_interval(rest)}
