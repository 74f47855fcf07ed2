"""The same, one neuron at a time, returned as a table."""


def neuron_frequency(activations, basis):
    found = []
    for neuron in activations.double().permute(2, 0, 1):
        power = (basis.double() @ (neuron - neuron.mean()) @ basis.double().T) ** 2
        shares = [
            (power[[0, 2 * k - 1, 2 * k]][:, [0, 2 * k - 1, 2 * k]].sum() / power.sum()).item()
            for k in range(1, len(basis) // 2 + 1)
        ]
        best = int(np.argmax(shares))
        found.append({"frequency": best + 1, "share": shares[best]})
    return pd.DataFrame(found)
