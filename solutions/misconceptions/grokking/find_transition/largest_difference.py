"""That is where the difference of neighbouring checkpoints is largest, which depends on how they are spaced. The rule
asks where the curve crosses halfway.

See hint 1.
"""


def find_transition(steps, values):
    i = int(np.abs(np.diff(values)).argmax())
    return {"step": float(np.sqrt(steps[i] * steps[i + 1])), "before": int(steps[i]), "after": int(steps[i + 1])}
