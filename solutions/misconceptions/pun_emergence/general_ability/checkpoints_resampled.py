"""The checkpoints are resampled. A row of resamples gives places of words: draw words, average them, and correlate the
curve that results.

See hint 1.
"""


def general_ability(steps, margins, plain_loss, resamples):
    def rest(curve: np.ndarray) -> np.ndarray:
        line = np.polynomial.Polynomial.fit(np.log10(steps), curve, 1)
        return curve - line(np.log10(steps))

    def with_interval(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        curves = [margins.mean(axis=0), *(margins.mean(axis=0) for _ in resamples)]
        found = [np.corrcoef(change(curves[0]), change(-plain_loss))[0, 1]]
        for words in resamples:
            rows = words % len(steps)
            found.append(np.corrcoef(change(curves[0])[rows], change(-plain_loss)[rows])[0, 1])
        return np.array([found[0], *np.quantile(found[1:], [0.025, 0.975])])

    return {"correlation": with_interval(np.array), "partial_correlation": with_interval(rest)}
