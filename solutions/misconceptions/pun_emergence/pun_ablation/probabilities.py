"""These are differences of probabilities. Asked for are log-odds, in nats: the difference of two log probabilities,
which is the difference of their logits.

See hint 1.
"""


def pun_ablation(outputs, rerun, targets, foils):
    def margins(logits):
        logits = logits.softmax(dim=-1)
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = outputs.mean(dim=1, keepdim=True).expand_as(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
