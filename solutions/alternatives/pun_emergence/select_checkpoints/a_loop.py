"""The same place by place, in natural logarithms."""


def select_checkpoints(steps, count, expected):
    positive = [step for step in steps if step > 0]
    chosen = {step for step in steps if step == 0}
    for place in np.geomspace(positive[0], positive[-1], count):
        chosen.add(min(positive, key=lambda step: abs(math.log(step) - math.log(place))))
    chosen.add([step for step in steps if step <= expected[0]][-1])
    chosen.add([step for step in steps if step >= expected[1]][0])
    return sorted(chosen)
