"""The mean goes over components. Each component is given its own mean, over the puns.

See hint 3.
"""


def pun_ablation(outputs, rerun, targets, foils):
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = outputs.mean(dim=0, keepdim=True).expand_as(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
