"""Counts of each word in a resample as weights, and lists for arrays."""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    table = pd.DataFrame({"accuracy": (ranks == 1).astype(float), "foil_margin": target_log_p - foil_log_p})
    by_word = table.groupby(np.array(words)).mean()
    counts = np.stack([np.bincount(row, minlength=len(by_word)) for row in resamples])
    draws = counts @ by_word.to_numpy() / len(by_word)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    rows = zip(by_word.columns, by_word.mean(), low, high, strict=True)
    return {name: [mean, lower, upper] for name, mean, lower, upper in rows}
