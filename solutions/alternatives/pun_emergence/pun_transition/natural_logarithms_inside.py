"""Natural logarithms inside, decades in the end."""


def pun_transition(steps, values):
    position, mean = np.log(steps), values.sum(axis=0) / len(values)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    falling = last < first
    share = np.abs(last - first) ** -1 * (first - mean if falling else mean - first)
    settled = np.array([share[i:].min() for i in range(len(share))])
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    after = int((settled < 0.5).sum())
    width = (high - low) / np.log(10)
    resolved = high - low > position[after] - position[after - 1]
    return {
        "verdict": ("sudden" if width <= 0.4 else "gradual") if resolved else "unresolved",
        "step": float(np.exp(middle)),
        "before": int(steps[after - 1]),
        "after": int(steps[after]),
        "width_decades": float(width),
    }
