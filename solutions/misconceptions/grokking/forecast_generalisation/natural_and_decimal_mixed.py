"""Natural logarithms went in and a power of ten came out. Use the same base both ways.

See hint 3.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        return np.column_stack([np.ones(len(measures)), np.log10(measures)])

    weights = np.linalg.lstsq(columns(known), np.log(known_steps), rcond=None)[0]
    return 10 ** (columns(new) @ weights)
