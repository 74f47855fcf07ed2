"""scikit-learn's linear regression onto one-hot tokens."""


def previous_token_probe(residual, tokens, train):
    from sklearn.linear_model import LinearRegression

    accuracies = []
    for layer in residual.double().numpy():
        inputs, labels = layer[:, 1:], tokens[:, :-1].numpy()
        wanted = np.eye(labels.max() + 1)[labels[:train].ravel()]
        fit = LinearRegression().fit(inputs[:train].reshape(-1, layer.shape[-1]), wanted)
        guess = fit.predict(inputs[train:].reshape(-1, layer.shape[-1])).argmax(axis=1)
        accuracies.append(np.mean(guess == labels[train:].ravel()))
    return np.array(accuracies)
