"""That is how far the target's logit falls. Ablating a component moves all logits; what counts is the target against the
foil.

See hint 1.
"""


def pun_ablation(outputs, rerun, targets, foils):
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets]

    ablated = outputs.mean(dim=1, keepdim=True).expand_as(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
