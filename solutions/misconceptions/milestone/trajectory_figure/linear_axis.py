"""The steps are on a linear axis, on which most of training is a stripe at the left. Training unfolds on the logarithm
of the step.

See hint 2.
"""


def trajectory_figure(steps, curves, located, units):
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps)
        plot_trajectories(table, ylabel=units[name], title=name, axis=axis)
        axis.set_xscale("linear")
        step = located[name]
        mark_steps(axis, {name: None if step is None else round(step)})
    return figure
