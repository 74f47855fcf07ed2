"""The same on a curve scaled to go from 0 to 1, with natural logarithms."""


def find_transition(steps, values):
    low, high = np.median(values[:3]), np.median(values[-3:])
    way = (values - low) / (high - low)
    i = max(position for position, share in enumerate(way) if share < 0.5)
    ratio = steps[i + 1] / steps[i]
    step = steps[i] * ratio ** ((0.5 - way[i]) / (way[i + 1] - way[i]))
    return {"after": int(steps[i + 1]), "before": int(steps[i]), "step": float(step)}
