"""The mark stands at a checkpoint: the first one at or after the transition. Mark the step itself, which lies between
checkpoints.

See hint 3.
"""


def trajectory_figure(steps, curves, located, units):
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps)
        plot_trajectories(table, ylabel=units[name], title=name, axis=axis)
        step = located[name]
        after = [at for at in steps if step is not None and at >= step]
        mark_steps(axis, {name: after[0] if after else None})
    return figure
