"""A loop over sequences, queries and keys, in float64."""


def prefix_matching_score(pattern, tokens):
    collected = []
    for attention, sequence in zip(pattern.double(), tokens.tolist(), strict=True):
        for query, token in enumerate(sequence):
            copies = [key for key in range(query) if sequence[key] == token]
            if copies:
                collected.append(attention[:, query, [key + 1 for key in copies]].sum(dim=-1))
    return torch.stack(collected).mean(dim=0)
