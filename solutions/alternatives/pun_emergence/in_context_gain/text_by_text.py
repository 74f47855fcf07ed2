"""Text put together by adding, and a table for the dict."""


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

    found = pd.DataFrame({"puns": score(prompts(puns), targets), "others": score(prompts(others), targets)})
    return found.assign(gain=found["puns"] - found["others"])
