"""The new runs were standardised with their own mean and spread. Only the known runs decide the fit, the scaling
included.

See hint 2.
"""


def forecast_generalisation(known, known_steps, new):
    def columns(measures):
        logs = np.log10(measures)
        return np.column_stack([np.ones(len(logs)), (logs - logs.mean(axis=0)) / logs.std(axis=0)])

    weights = np.linalg.lstsq(columns(known), np.log10(known_steps), rcond=None)[0]
    return 10 ** (columns(new) @ weights)
