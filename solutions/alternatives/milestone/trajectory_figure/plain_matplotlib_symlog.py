"""Plain matplotlib: a symlog axis, axvline, and text beside it."""


def trajectory_figure(steps, curves, located, units):
    figure = plt.figure(figsize=(7, 2.5 * len(curves)))
    for number, name in enumerate(curves, 1):
        axis = figure.add_subplot(len(curves), 1, number)
        axis.plot(steps, curves[name], "o-", label=name)
        axis.set_xscale("symlog", linthresh=10)
        axis.set(xlabel="step", ylabel=units[name])
        if located[name] is not None:
            axis.axvline(located[name], color="red", linestyle=":")
            axis.text(located[name], float(np.nanmean(curves[name])), f"{name} at {located[name]:.0f}")
    figure.tight_layout()
    return figure
