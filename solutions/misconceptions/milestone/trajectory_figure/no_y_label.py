"""The y axis has no label. Give it the metric's unit, or nobody knows what the height says.

See hint 2.
"""


def trajectory_figure(steps, curves, located, units):
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps)
        plot_trajectories(table, title=name, axis=axis)
        step = located[name]
        mark_steps(axis, {name: None if step is None else round(step)})
    return figure
