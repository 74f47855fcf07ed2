"""With gather, as an array of numpy."""


def pun_ablation(outputs, rerun, targets, foils):
    pairs = torch.stack([targets, foils], dim=1).expand(len(outputs), -1, 2)
    means = torch.zeros_like(outputs) + outputs.mean(dim=1)[:, None]
    before, after = (rerun(x).gather(2, pairs) for x in (outputs, means))
    change = before - after
    return (change[..., 0] - change[..., 1]).numpy()
