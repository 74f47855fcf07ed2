"""What the handout and the instructors' page say of the kit is so: their links, the names they use, and figures that runs give."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from course_utils.suites.base import Suite
from course_utils.suites.shipped import load_recorded, load_table

ROOT = Path(__file__).parents[2]
HANDOUT, INSTRUCTORS = ROOT / "notebooks" / "README.md", ROOT / "autograder" / "INSTRUCTORS.md"


@pytest.mark.parametrize("page", [HANDOUT, INSTRUCTORS], ids=lambda page: page.name)
def test_files_that_a_page_links_to_exist(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert len(links) >= 3
    for link in links:
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("texts", ["copy_template", "concerns"]),
        ("transitions", ["describe_transition", "compare_transitions"]),
        ("sweeps", ["sweep"]),
        ("finetuning", ["finetune"]),
        ("suites", ["HubSuite.download_size"]),
        ("suites", ["RemoteSuite.availability"]),
    ],
)
def test_what_the_handout_names_is_there(module, names):
    text = HANDOUT.read_text(encoding="utf-8")
    for name in names:
        found = import_module(f"course_utils.{module}")
        for part in name.split("."):
            found = getattr(found, part)
        assert name.split(".")[-1] in text and callable(found)
    assert hasattr(Suite, "select") and hasattr(Suite, "verify")


def test_the_steps_of_grokking_are_those_of_the_recorded_run():
    text = " ".join(HANDOUT.read_text(encoding="utf-8").split())
    metrics = load_recorded("grokking_classroom").metrics
    first = {name: metrics.index[metrics[f"{name}_accuracy"] >= 0.99][0] for name in ("train", "test")}
    assert f"training accuracy passes 99 % at step {first['train']} and test accuracy at step {first['test']}" in text
    assert load_table("grokking_seeds").seed.nunique() == 8


def test_the_brackets_of_the_published_steps_hold_the_two_billion_tokens():
    assert 512 * 2_097_152 < 2e9 < 1000 * 2_097_152
    assert "512, 1000 and 2000" in HANDOUT.read_text(encoding="utf-8")


def test_the_order_in_pun_world_is_that_of_its_three_seeds():
    seeds = load_table("pun_world_seeds")
    for _, table in seeds.groupby("seed"):
        table = table.set_index("step")
        completed = table.index[table.completion_held_out >= 0.5][0]
        half = (table.induction_score.iloc[0] + table.induction_score.iloc[-1]) / 2
        assert (
            completed < table.index[table.induction_score >= half][0] < table.index[table.reaction_held_out >= 0.75][0]
        )
