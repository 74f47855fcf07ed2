"""All resamples in one array, with a running minimum from the end."""


def threshold_step(steps, accuracy, resampled, threshold):
    known = ~np.isnan(accuracy)
    curves = np.vstack([accuracy, resampled])[:, known]
    least = np.minimum.accumulate(curves[:, ::-1], axis=1)[:, ::-1]
    count = (least < threshold).sum(axis=1)
    there = [None if i == known.sum() else int(steps[known][i]) for i in count]
    places = np.sort(count[1:])
    ends = [places[int(0.025 * len(places))], places[int(np.ceil(0.975 * len(places))) - 1]]
    return (there[0], *(None if i == known.sum() else int(steps[known][i]) for i in ends))
