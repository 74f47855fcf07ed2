"""Missing checkpoints are dropped, so that the line runs over them as if nothing were missing. Draw NaN: it leaves a
gap.

See hint 3.
"""


def trajectory_figure(steps, curves, located, units):
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps).dropna()
        plot_trajectories(table, ylabel=units[name], title=name, axis=axis)
        step = located[name]
        mark_steps(axis, {name: None if step is None else round(step)})
    return figure
