"""The panels in another order, in a figure of its own, with the mark's label in a legend and in the title."""


def trajectory_figure(steps, curves, located, units):
    figure = Figure(figsize=(8, 9))
    panels = figure.subplots(len(curves), 1)
    for axis, name in zip(panels, reversed(list(curves)), strict=True):
        table = pd.Series(np.asarray(curves[name], dtype=float), index=steps, name=name)
        axis.plot(table.index, table.values, label=name)
        axis.set_xscale("symlog", linthresh=min(step for step in steps if step > 0))
        axis.set_xlabel("step")
        axis.set_ylabel(units[name])
        title = name
        if located[name] is not None:
            axis.axvline(round(located[name]), color="gray", label="transition")
            title = f"{name}: changes at step {located[name]:,.0f}"
        axis.set_title(title)
        axis.legend()
    return figure
