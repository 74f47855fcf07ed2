"""There is no intercept: without a column of ones the line has to go through the origin, where all measures are 1.

See hint 1.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        return np.log10(measures)

    weights = np.linalg.lstsq(columns(known), np.log10(known_steps), rcond=None)[0]
    return 10 ** (columns(new) @ weights)
