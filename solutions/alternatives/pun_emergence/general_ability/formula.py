"""The partial correlation from its formula with three correlations."""


def general_ability(steps, margins, plain_loss, resamples):
    place = np.log10(steps)

    def both(curve):
        (_, ab, at), (_, _, bt), _ = np.corrcoef([curve, -plain_loss, place])
        return ab, (ab - at * bt) / np.sqrt((1 - at**2) * (1 - bt**2))

    drawn = np.array([both(margins[row].mean(axis=0)) for row in resamples])
    told = both(margins.mean(axis=0))
    ends = np.quantile(drawn, [0.025, 0.975], axis=0)
    names = ("correlation", "partial_correlation")
    return {name: [told[i], ends[0, i], ends[1, i]] for i, name in enumerate(names)}
