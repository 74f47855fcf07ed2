"""A plain walk through the checkpoints of each head, into a table."""


def formation_step(steps, scores, threshold):
    rows = []
    for curve in np.asarray(scores).T.tolist():
        row = (np.nan, np.nan, np.nan)
        for i in range(1, len(curve) - 1):
            if curve[i] >= threshold and curve[i + 1] >= threshold:
                share = (threshold - curve[i - 1]) / (curve[i] - curve[i - 1])
                row = (float(steps[i - 1] * (steps[i] / steps[i - 1]) ** share), float(steps[i - 1]), float(steps[i]))
                break
        rows.append(row)
    return pd.DataFrame(rows, columns=["step", "before", "after"])
