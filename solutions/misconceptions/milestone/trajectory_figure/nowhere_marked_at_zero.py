"""Where no change was located a mark stands at step 0. No change is no mark.

See hint 3.
"""


def trajectory_figure(steps, curves, located, units):
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps)
        plot_trajectories(table, ylabel=units[name], title=name, axis=axis)
        step = located[name]
        mark_steps(axis, {name: round(step or 0)})
    return figure
