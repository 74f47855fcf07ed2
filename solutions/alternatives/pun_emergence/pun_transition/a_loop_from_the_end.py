"""The settled share and the crossings in loops."""


def pun_transition(steps, values):
    mean = values.mean(axis=0)
    levels = sorted(mean[:3])[1], sorted(mean[-3:])[1]
    share = [(value - levels[0]) / (levels[1] - levels[0]) for value in mean]
    for i in range(len(share) - 2, -1, -1):
        share[i] = min(share[i], share[i + 1])

    def crossing(level):
        i = max(place for place, value in enumerate(share) if value < level)
        part = (level - share[i]) / (share[i + 1] - share[i])
        return i, math.log10(steps[i]) + part * math.log10(steps[i + 1] / steps[i])

    i, middle = crossing(0.5)
    width = crossing(0.9)[1] - crossing(0.1)[1]
    found = {"step": 10**middle, "before": int(steps[i]), "after": int(steps[i + 1]), "width_decades": width}
    if width <= math.log10(steps[i + 1] / steps[i]):
        return {**found, "verdict": "unresolved"}
    return {**found, "verdict": "gradual" if width > 0.4 else "sudden"}
