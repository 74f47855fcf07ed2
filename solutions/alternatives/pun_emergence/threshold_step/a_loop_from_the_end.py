"""A loop from the last checkpoint back, and a list for the tuple."""


def threshold_step(steps, accuracy, resampled, threshold):
    pairs = [(int(step), place) for place, step in enumerate(steps) if accuracy[place] == accuracy[place]]

    def first_of_the_last_run(curve):
        found = None
        for step, place in reversed(pairs):
            if curve[place] < threshold:
                return found
            found = step
        return found

    found = sorted(map(first_of_the_last_run, resampled), key=lambda step: math.inf if step is None else step)
    n = len(found)
    return [first_of_the_last_run(accuracy), found[math.floor(0.025 * n)], found[math.ceil(0.975 * n) - 1]]
