"""np.interp on the two checkpoints of the bracket, as tensors."""


def formation_step(steps, scores, threshold):
    found = {"step": [], "before": [], "after": []}
    for head in range(scores.shape[1]):
        candidates = [i for i in range(1, len(steps) - 1) if min(scores[i, head], scores[i + 1, head]) >= threshold]
        if not candidates:
            for values in found.values():
                values.append(float("nan"))
            continue
        i = candidates[0]
        position = np.interp(threshold, scores[[i - 1, i], head], np.log(steps[[i - 1, i]]))
        found["step"].append(float(np.exp(position)))
        found["before"].append(float(steps[i - 1]))
        found["after"].append(float(steps[i]))
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in found.items()}
