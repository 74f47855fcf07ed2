"""With a table, as a set of sentences."""


def assembly_order(events):
    table, said = np.log(pd.DataFrame(events)), set()
    for first, second in itertools.combinations(table.columns, 2):
        lags = (table[second] - table[first]).dropna()
        half = lags.sem() * scipy.stats.t.ppf(0.975, max(len(lags) - 1, 1))
        if len(lags) < 3 or lags.mean() - half <= 0 <= lags.mean() + half:
            said.add(f"{first} and {second} cannot be ordered")
        else:
            said.add(f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}")
    return said
