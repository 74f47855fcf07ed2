"""The line was fitted to steps. Errors are counted in the logarithm of the step, so fit that.

See hint 1.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        return np.column_stack([np.ones(len(measures)), np.log10(measures)])

    weights = np.linalg.lstsq(columns(known), known_steps, rcond=None)[0]
    return columns(new) @ weights
