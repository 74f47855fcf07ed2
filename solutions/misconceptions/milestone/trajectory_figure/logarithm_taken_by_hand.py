"""The logarithm of the steps is drawn. Draw the steps themselves, on an axis that is logarithmic: then its ticks can be
read.

See hint 2.
"""


def trajectory_figure(steps, curves, located, units):
    figure, axes = plt.subplots(len(curves), 1, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        axis.plot(np.log10(np.maximum(steps, 1)), values, label=name)
        axis.set(xlabel="log10 of the step", ylabel=units[name], title=name)
        if located[name] is not None:
            axis.axvline(np.log10(located[name]))
            axis.annotate(name, (np.log10(located[name]), 0.5))
    return figure
