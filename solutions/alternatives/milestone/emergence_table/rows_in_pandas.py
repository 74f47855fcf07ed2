"""Rows of a DataFrame, sorted by pandas."""


def emergence_table(steps, metrics):
    rows = []
    for name in metrics:
        found = describe_transition(steps, metrics[name])
        row = {"metric": name, "verdict": found.verdict, "step": found.step}
        if found.step is not None:
            (row["low"], row["high"]), (row["after"], row["by"]) = found.interval, found.bracket
        rows.append(row)
    table = pd.DataFrame(rows, columns=["metric", "verdict", "step", "low", "high", "after", "by"])
    table = table.sort_values("step", na_position="last", kind="stable")
    numbers = {name: table[name].astype(float).to_numpy() for name in table.columns[2:]}
    return {"metric": table["metric"].tolist(), "verdict": table["verdict"].tolist(), **numbers}
