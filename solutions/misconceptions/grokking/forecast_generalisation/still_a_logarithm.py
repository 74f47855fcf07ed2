"""That is the logarithm of the step. The answer is in steps: ten to the power of it.

See hint 2.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        return np.column_stack([np.ones(len(measures)), np.log10(measures)])

    weights = np.linalg.lstsq(columns(known), np.log10(known_steps), rcond=None)[0]
    return columns(new) @ weights
