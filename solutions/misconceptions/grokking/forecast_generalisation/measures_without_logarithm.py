"""The measures went in as they are. The line is in their logarithms.

See hint 1.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        return np.column_stack([np.ones(len(measures)), measures])

    weights = np.linalg.lstsq(columns(known), np.log10(known_steps), rcond=None)[0]
    return 10 ** (columns(new) @ weights)
