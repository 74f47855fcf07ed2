"""Text put together by adding, and a tensor for the array."""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    def prompts(sentences):
        made = []
        for k in range(len(setups)):
            text, used, i = "", 0, k
            while used < shots:
                i = i + 1 if i + 1 < len(setups) else 0
                if targets[i] != targets[k]:
                    text, used = text + sentences[i] + separator, used + 1
            made.append(text + setups[k])
        return made

    return torch.from_numpy(score(prompts(puns), targets) - score(prompts(others), targets))
