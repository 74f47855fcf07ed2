"""Plain matplotlib: semilogx in a grid of two columns, vlines by plot, and annotate."""


def trajectory_figure(steps, curves, located, units):
    rows = (len(curves) + 1) // 2
    figure, axes = plt.subplots(rows, 2, figsize=(10, 3 * rows), sharex=True)
    for axis, name in zip(axes.ravel(), curves, strict=False):
        values = np.ma.masked_invalid(curves[name]).filled(np.nan)
        axis.semilogx(np.array(steps), values, marker="x", label=name.capitalize())
        axis.set_title(f"{name.upper()} over training")
        axis.set_xlabel("training step")
        axis.set_ylabel(f"{name} ({units[name]})")
        if located.get(name) is not None:
            low, high = axis.get_ylim()
            axis.plot([located[name]] * 2, [low, high], "k--", label="_mark")
            axis.annotate(f"transition of the {name}", (located[name], high))
    return figure
