"""With searchsorted, differences of 0 and 1, and a running minimum."""


def before_and_after(steps, completed, bracket):
    last = np.searchsorted(steps, bracket[0], side="right") - 1
    first = np.searchsorted(steps, bracket[1], side="left")
    values = np.array(completed, dtype=float)
    change = values[:, first] - values[:, last]
    stays = np.minimum.accumulate(values[:, first:], axis=1)[:, -1]
    gained = np.where(change == 1, 1.0, 0.0)
    total = gained.sum()
    return {
        "kept": float((gained * stays).sum() / total) if total > 0 else float("nan"),
        "gained": float(total / len(values)),
        "lost": float(np.mean(change == -1)),
        "before": float(np.mean(values[:, last])),
        "after": float(np.mean(values[:, first])),
    }
