"""The component is set to zero, a value that the rest of the model may never have met. Asked for is its mean over puns.

See hint 2.
"""


def pun_ablation(outputs, rerun, targets, foils):
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = torch.zeros_like(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
