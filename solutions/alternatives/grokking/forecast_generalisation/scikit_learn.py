"""The same with scikit-learn."""


def forecast_generalisation(known, known_steps, new):
    from sklearn.linear_model import LinearRegression

    fit = LinearRegression().fit(np.log10(known), np.log10(known_steps))
    return 10 ** fit.predict(np.log10(new))
