"""The sign is turned: by how much the log-odds fall is what they were, minus what they are without the component.

See hint 2.
"""


def pun_ablation(outputs, rerun, targets, foils):
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = outputs.mean(dim=1, keepdim=True).expand_as(outputs)
    return margins(rerun(ablated)) - margins(rerun(outputs))
