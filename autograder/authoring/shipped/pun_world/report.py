"""The figures of pun-world, seed by seed: what was wanted of the suite, what it shows, and in which order things change.

Seed 0 is measured anew from the checkpoints that ship, so a damaged or exchanged file would be seen; of the other seeds
the table ships that was made while they trained.

Pitfall: "first reaching" a level is a statement about the measured steps, 100 apart at most places, and a noisy curve reaches a
level sooner than a smooth one. For whether a change is sudden, use `transitions.describe_transition`.
"""

import pandas as pd
from tqdm.auto import tqdm

from autograder.authoring.shipped.pun_world.measures import measures
from course_utils.pun_world.runs import PunWorldRun
from course_utils.suites.shipped import load_recorded, load_table

TABLE = "pun_world_seeds"
CLEAR_RISE = 0.2  # of attention: a head that looks everywhere alike gives 0.03
EARLY = 100  # a step before any of the changes, at which plain sentences are known already


def recorded_measures(seed: int) -> pd.DataFrame:
    """What was measured while a seed trained, by step; see `measures` for the columns.

    Raises KeyError, saying how to make them, for a seed of which no measures ship.
    """
    table = load_table(TABLE)
    if seed not in set(table.seed):
        raise KeyError(
            f"no measures of seed {seed} ship, only of {sorted(set(table.seed))}; "
            f"`python -m autograder.authoring.shipped.pun_world train --seed {seed} DIRECTORY` makes them"
        )
    return table[table.seed == seed].drop(columns="seed").set_index("step")


def measured_anew(run: PunWorldRun) -> pd.DataFrame:
    """Every measure of every checkpoint of a run, computed from its weights as they are now, by step."""
    rows = {step: measures(run.checkpoint(step)) for step in tqdm(run.steps, desc="checkpoints", leave=False)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("step")


def first_reaching(values: pd.Series, level: float) -> str:
    """Between which measured steps a curve first reaches a level, as "(before, at]"; "never" where it does not."""
    reached = [step for step in values.index if values[step] >= level]
    if not reached:
        return "never"
    before = [step for step in values.index if step < reached[0]]
    return f"({before[-1]}, {reached[0]}]" if before else f"[{reached[0]}]"


def wanted_figures(table: pd.DataFrame) -> pd.DataFrame:
    """What the suite was made to show, at step 100 and at the last, against what was wanted; `held` says whether it is so."""
    last = table.index[-1]
    rows = [
        _bounded(table, "completion_held_out", EARLY, "at most", 0.10),
        _bounded(table, "completion_held_out", last, "at least", 0.85),
        _bounded(table, "reaction_held_out", EARLY, "at most", 0.55),
        _bounded(table, "reaction_held_out", last, "at least", 0.90),
        _bounded(table, "probe_held_out", last, "at least", 0.90),
    ]
    rows.append(_row_of_induction(table, last))
    return pd.DataFrame(rows).set_index(["measure", "step"])


def _bounded(table: pd.DataFrame, measure: str, step: int, bound: str, limit: float) -> dict:
    value = table.loc[step, measure]
    held = value <= limit if bound == "at most" else value >= limit
    return {"measure": measure, "step": step, "value": value, "wanted": f"{bound} {limit:.2f}", "held": bool(held)}


def _row_of_induction(table: pd.DataFrame, last: int) -> dict:
    early, value = table.loc[EARLY, "induction_score"], table.loc[last, "induction_score"]
    wanted = f"{CLEAR_RISE} above the {early:.3f} of step {EARLY}"
    return {
        "measure": "induction_score",
        "step": last,
        "value": value,
        "wanted": wanted,
        "held": bool(value - early >= CLEAR_RISE),
    }


def order_of_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Where each measure first reaches its levels, between which measured steps; the order is found, not arranged."""
    half_induction = round((table["induction_score"].iloc[0] + table["induction_score"].iloc[-1]) / 2, 3)
    levels = [
        ("completion_held_out", 0.50),
        ("completion_held_out", 0.85),
        ("induction_score", half_induction),
        ("reaction_held_out", 0.75),
        ("reaction_held_out", 0.90),
        ("probe_held_out", 0.70),
        ("probe_held_out", 0.90),
    ]
    rows = [
        {"measure": name, "level": level, "first reached": first_reaching(table[name], level)} for name, level in levels
    ]
    return pd.DataFrame(rows).set_index(["measure", "level"])


def report() -> str:
    """For each seed its measures at the kept steps, what was wanted of them, and the order of changes, as text."""
    run = load_recorded("pun_world")
    parts = []
    for seed in sorted(set(load_table(TABLE).seed)):
        recorded = recorded_measures(seed)
        if seed == run.seed_number:
            source, table = "measured now, from the checkpoints that ship", measured_anew(run)
        else:
            source, table = "as measured in training", recorded.loc[run.steps].drop(columns="train_loss")
        parts += [
            f"seed {seed}, {source}",
            short_names(table).to_string(),
            wanted_figures(table).round(3).to_string(),
            f"order of changes in seed {seed}, among the {len(recorded)} steps measured in training",
            order_of_changes(recorded).to_string(),
        ]
    return "\n\n".join(parts)


def short_names(table: pd.DataFrame) -> pd.DataFrame:
    """A table of measures as it fits on a screen: three decimals, names without what they all share."""
    return table.rename(columns=lambda name: name.replace("_held_out", "").replace("_score", "")).round(3)


def distance_from_shipped(run: PunWorldRun) -> str:
    """How far a run's measures are from those that ship for its seed, in words."""
    try:
        shipped = recorded_measures(run.seed_number)
    except KeyError as missing:
        return str(missing.args[0])
    steps = run.metrics.index.intersection(shipped.index)
    difference = (run.metrics.loc[steps, shipped.columns] - shipped.loc[steps]).abs().max()
    return (
        f"{len(steps)} measured steps compared with the table that ships: the largest difference is "
        f"{difference.max():.3g}, in {difference.idxmax()}"
    )


def card_figures() -> str:
    """The figures of every seed as measured in training, as the markdown table that the card holds."""
    rows = [_card_row(seed, recorded_measures(seed)) for seed in sorted(set(load_table(TABLE).seed))]
    titles = list(rows[0])
    lines = [titles, ["---"] * len(titles), *(row.values() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _card_row(seed: int, table: pd.DataFrame) -> dict[str, str]:
    row = {"seed": str(seed)}
    for name in ("completion_held_out", "reaction_held_out", "probe_held_out", "induction_score"):
        row[name.split("_")[0]] = f"{table[name][EARLY]:.2f} to {table[name].iloc[-1]:.2f}"
    for (name, level), bracket in order_of_changes(table)["first reached"].items():
        short = name.split("_")[0]
        row[f"{short} {'half' if short == 'induction' else f'{level:.2f}'}"] = bracket
    return row
