"""One component at a time, with log probabilities."""


def pun_ablation(outputs, rerun, targets, foils):
    before = rerun(outputs).double().log_softmax(dim=-1)[0]
    effects = []
    for component in range(len(outputs)):
        changed = outputs.clone()
        changed[component] = outputs[component].mean(dim=0)
        after = rerun(changed).double().log_softmax(dim=-1)[component]
        rows = [
            before[pun, target] - before[pun, foil] - after[pun, target] + after[pun, foil]
            for pun, (target, foil) in enumerate(zip(targets, foils, strict=True))
        ]
        effects.append(torch.stack(rows))
    return torch.stack(effects)
