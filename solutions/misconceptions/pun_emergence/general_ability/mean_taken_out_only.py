"""Only the mean is taken out of each curve, which a correlation does by itself. Take out a straight line in log10 step,
with its slope.

See hint 2.
"""


def general_ability(steps, margins, plain_loss, resamples):
    def rest(curve: np.ndarray) -> np.ndarray:
        line = np.polynomial.Polynomial.fit(np.log10(steps), curve, 0)
        return curve - line(np.log10(steps))

    def with_interval(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        curves = [margins.mean(axis=0), *(margins[words].mean(axis=0) for words in resamples)]
        found = [np.corrcoef(change(curve), change(-plain_loss))[0, 1] for curve in curves]
        return np.array([found[0], *np.quantile(found[1:], [0.025, 0.975])])

    return {"correlation": with_interval(np.array), "partial_correlation": with_interval(rest)}
