"""That is the mean of the known runs for every new one: nothing of the new run's measures went in.

See hint 1.
"""


def forecast_generalisation(known, known_steps, new):
    return np.full(len(new), 10 ** np.log10(known_steps).mean())
