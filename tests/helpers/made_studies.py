"""Studies made by hand, as a careful student would hand them in: curves of which the truth is known, with a little noise.

made_study()                                      all eight metrics at 12 steps, 6 groups, claims that the data give
made_study(table=with_missing(made_table(), ...)) other measures; the emergence table and the claims follow them
made_study(claims={"log-odds": "gradual"})        anything else may be set to whatever a test needs
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from course_utils.studies.checkpoints import study_steps
from course_utils.studies.file import Study
from course_utils.studies.metrics import metrics_of
from course_utils.texts.concepts import Concept, ConceptItem
from course_utils.transitions import Transition, describe_transition

AVAILABLE = [0, *dict.fromkeys(np.geomspace(10, 10_000, 48).round().astype(int).tolist())]
STEPS = study_steps(AVAILABLE, 12)
WORDS = {
    "interest": ("banker", "planter", "branch"),
    "charge": ("electrician", "carpenter", "hammer"),
    "pitch": ("singer", "painter", "brush"),
    "roll": ("baker", "tailor", "needle"),
    "case": ("lawyer", "farmer", "tractor"),
    "scale": ("fishmonger", "florist", "vase"),
}  # a target, who it is a pun on, who it is not, and what that one would rather lack
CIRCUIT = ["head 1.0", "head 2.1"]
COMPONENTS = [*CIRCUIT, "head 0.3", "MLP 2"]
LAYERS = 4
MIDDLE = 600.0  # the step at which what is sudden here changes
SUDDEN, GRADUAL = 0.12, 1.3  # widths from 10 to 90 %, decades


def made_concept() -> Concept:
    """Twelve puns, two for each of six targets."""
    texts = ("i used to be a {} but i had no", "she wanted to be a {} and found no")
    items = [
        ConceptItem(f"{word}-{number}", text.format(who), word, text.format(other), foil, "pun", "non-pun", word)
        for word, (who, other, foil) in WORDS.items()
        for number, text in enumerate(texts, start=1)
    ]
    return Concept("trade puns", tuple(items))


def sigmoid(start: float, end: float, width: float, middle: float = MIDDLE) -> np.ndarray:
    """A curve over STEPS that goes from start to end, logistic in log step, with a 10-90 % width in decades."""
    places = np.log10(np.maximum(STEPS, 1))
    return start + (end - start) / (1 + np.exp(-2 * np.log(9) * (places - np.log10(middle)) / width))


def made_table(seed: int = 0) -> pd.DataFrame:
    """All columns of a study by step, each a known curve with a little noise of its own."""
    noise = np.random.default_rng(seed)
    curves: dict[str, np.ndarray] = {}
    for group in sorted(WORDS):
        curves[f"concept.loss.{group}"] = sigmoid(5.5, 0.8, GRADUAL)
        curves[f"concept.log_odds.{group}"] = sigmoid(-0.6, 4.2, SUDDEN)
        curves[f"concept.completed.{group}"] = sigmoid(0.02, 0.93, SUDDEN)
        curves[f"probe.{group}"] = sigmoid(0.5, 0.95, GRADUAL, middle=200)
        curves[f"circuit.{group}"] = sigmoid(0.1, 2.9, SUDDEN)
    curves["general.loss"] = sigmoid(6.2, 2.4, GRADUAL, middle=120)
    curves |= {f"lens.layer {layer}": sigmoid(-0.4, layer + 0.5, SUDDEN) for layer in range(LAYERS)}
    curves |= {f"ablation.{name}": sigmoid(0.0, 1.6 if name in CIRCUIT else 0.05, SUDDEN) for name in COMPONENTS}
    noisy = {
        name: curve + noise.normal(0, 0.02 * max(np.ptp(curve), 0.2), len(curve)) for name, curve in curves.items()
    }
    table = pd.DataFrame(noisy, index=pd.Index(STEPS, name="step"))[sorted(noisy)]
    shares = [name for name in table.columns if name.startswith(("concept.completed.", "probe."))]
    table[shares] = table[shares].clip(0.0, 1.0)
    table.attrs["errors"] = {}
    return table


def with_missing(table: pd.DataFrame, step: int, column: str, why: str) -> pd.DataFrame:
    """The table without one value, with the reason."""
    table = table.copy()
    table.loc[step, column] = np.nan
    table.attrs["errors"] = {**table.attrs.get("errors", {}), (step, column): why}
    return table


def transitions_of(table: pd.DataFrame, circuit: list[str]) -> dict[str, Transition]:
    """What `describe_transition` says of each metric of a table."""
    return {
        name: describe_transition(table.index.to_numpy(), values) for name, values in metrics_of(table, circuit).items()
    }


def emergence_of(transitions: dict[str, Transition]) -> pd.DataFrame:
    """The emergence table of some transitions, as a study reports it."""
    rows = [
        {
            "metric": name,
            "verdict": found.verdict,
            "step": np.nan if found.step is None else found.step,
            **dict(zip(("low", "high"), found.interval or (np.nan, np.nan), strict=True)),
            **dict(zip(("after", "by"), map(float, found.bracket or (np.nan, np.nan)), strict=True)),
        }
        for name, found in transitions.items()
    ]
    return pd.DataFrame(rows, columns=["metric", "verdict", "step", "low", "high", "after", "by"])


@cache
def _careful_study() -> Study:
    table = made_table()
    transitions = transitions_of(table, CIRCUIT)
    return Study(
        approach="A",
        suite="pun-world",
        kind="shipped",
        seed=0,
        steps_available=list(AVAILABLE),
        concept=made_concept(),
        general=[[5, 8, 13, 21], [34, 55, 89]],
        circuit=list(CIRCUIT),
        layer=2,
        table=table,
        reported=emergence_of(transitions),
        claims={name: found.verdict for name, found in transitions.items()},
        arguments={"log-odds": "All six groups rise between the same two checkpoints, so it is no mean of slow ones."},
    )


def made_study(**changes: object) -> Study:
    """A careful study with some of its fields changed; a changed table changes what is reported and claimed with it."""
    study = _careful_study()
    if "table" in changes:
        transitions = transitions_of(changes["table"], changes.get("circuit", CIRCUIT))
        claims = {name: found.verdict for name, found in transitions.items()}
        changes = {"reported": emergence_of(transitions), "claims": claims, **changes}
    fresh = {"table": study.table.copy(), "reported": study.reported.copy()}
    return replace(study, **{**fresh, **changes})


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>\"' onload=\"alert(1)"


def hostile_study(text: str = EVIL) -> Study:
    """A study that has a text of somebody's choice wherever the file has room for one."""
    study = made_study()
    item = ConceptItem(text, text, text, text, text, text, text, text)
    table = with_missing(study.table, 105, "general.loss", text)
    return replace(
        study,
        suite=text,
        concept=Concept(text, (item,)),
        circuit=[text],
        table=table.rename(columns={"lens.layer 2": f"lens.{text}"}),
        reported=study.reported.assign(metric=text, verdict=text),
        claims={text: text, f"{text} too": text},
        arguments={text: text},
        seeds={1: table},
    )
