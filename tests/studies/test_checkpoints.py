"""Which checkpoints make a study: what is refused and why, on the steps of pun-world and on those of Pythia."""

import pytest

from course_utils.studies.checkpoints import (
    LEAST,
    MOST,
    StudyRefused,
    closer_steps,
    coverage_faults,
    spacing_faults,
    study_steps,
)

PUN_WORLD = [0, 10, 32, 100, 250, 500, 700, 850, 1000, 1200, 1450, 1750, 2100, 2600]
PYTHIA = [0, *(2**power for power in range(10)), *range(1000, 144_000, 1000)]
SUITES = pytest.mark.parametrize("available", [PUN_WORLD, PYTHIA], ids=["pun-world", "pythia"])


@SUITES
@pytest.mark.parametrize("count", range(LEAST, MOST + 1))
class TestStudySteps:
    def test_every_count_gives_a_study(self, available, count):
        steps = study_steps(available, count)
        assert len(steps) == min(count, len(available))
        assert steps == sorted(set(steps))
        assert set(steps) <= set(available)
        assert steps[0] == available[0] and steps[-1] == available[-1]
        assert spacing_faults(steps, available) == []

    def test_steps_to_include_are_among_them(self, available, count):
        assert {32, 1000} <= set(study_steps(available, count, include=[32, 1000]))


class TestRefused:
    @SUITES
    @pytest.mark.parametrize(("count", "reason"), [(7, "sudden or gradual"), (1, "sudden"), (16, "cost time")])
    def test_too_few_and_too_many(self, available, count, reason):
        with pytest.raises(StudyRefused, match=f"got {count} checkpoints; a study has 8 to 15.*{reason}"):
            study_steps(available, count)

    def test_a_step_that_is_not_there_is_no_matter_of_studies(self):
        with pytest.raises(ValueError, match=r"no checkpoint at step 600 \(nearest: 512\)"):
            study_steps(PYTHIA, 12, include=[600])

    def test_what_is_included_may_leave_a_gap(self):
        late = list(range(137_000, 143_000, 1000))
        with pytest.raises(StudyRefused, match="nothing between step"):
            study_steps(PYTHIA, 8, include=late)


class TestSpacingFaults:
    def test_steps_that_the_suite_does_not_have(self):
        assert spacing_faults([0, 10, 33, 100], PUN_WORLD) == ["the suite has no step 33"]

    def test_even_spacing_in_step_leaves_the_early_part_of_training_out(self):
        (fault,) = spacing_faults([0, *range(13_000, 144_000, 13_000)], PYTHIA)
        assert fault.startswith("nothing between step 1 and 13,000, 4.1 decades, though the suite has 1, 2, 4, 8 ...")

    def test_a_stretch_left_out_in_the_middle_is_named(self):
        steps = [0, 1, 2, 4, 8, 16, 32, 64, 64_000, 143_000]
        (fault,) = spacing_faults(steps, PYTHIA)
        assert "between step 64 and 64,000, 3.0 decades" in fault
        assert "128, 256, 512, 1,000 ..." in fault

    def test_an_end_left_out_counts_as_a_gap(self):
        (fault,) = spacing_faults([1, 2, 4, 8, 16, 32, 64, 128, 256], PYTHIA)
        assert "between step 256 and 143,000" in fault

    def test_a_gap_of_the_suite_itself_is_no_fault(self):
        available = [0, 1, 2, 3, 4, 5, 6, 7, 100_000]
        assert spacing_faults(available, available) == []

    @pytest.mark.parametrize("steps", [[0], [0, 10], []])
    def test_nothing_to_space(self, steps):
        few, nothing = spacing_faults(steps, PUN_WORLD)
        assert few.startswith(f"{len(steps)} checkpoints, where a study has 8 to 15")
        assert nothing == "fewer than two checkpoints after step 0"

    def test_many_are_told_with_the_reason(self):
        (fault,) = spacing_faults(PYTHIA, PYTHIA)
        assert fault.startswith("154 checkpoints, where a study has 8 to 15: more cost time")


class TestCoverageFaults:
    def test_no_change_covers_nothing(self):
        assert coverage_faults(PUN_WORLD, PUN_WORLD, None) == []

    def test_a_change_with_two_checkpoints_on_either_side(self):
        assert coverage_faults(PUN_WORLD, PUN_WORLD, (850.0, 1200.0)) == []

    def test_levels_before_and_after_that_are_not_known(self):
        (before,) = coverage_faults(PUN_WORLD, PUN_WORLD, (0.0, 10.0))
        assert before.startswith("1 checkpoint before the change between 0 and 10; expected at least 2")
        (after,) = coverage_faults(PUN_WORLD, PUN_WORLD, (2100.0, 2600.0))
        assert after.startswith("1 checkpoint after the change between 2,100 and 2,600")

    def test_checkpoints_in_the_change_that_were_not_looked_at(self):
        steps = [step for step in PUN_WORLD if step not in (850, 1000, 1200)]
        (fault,) = coverage_faults(steps, PUN_WORLD, (700.0, 1450.0))
        assert fault.endswith("where the suite has 850, 1,000, 1,200: include some of them")

    def test_one_that_is_left_is_no_fault_and_a_full_study_has_none(self):
        assert coverage_faults([s for s in PUN_WORLD if s != 850], PUN_WORLD, (700.0, 1000.0)) == []
        full = study_steps(PYTHIA, MOST)
        assert coverage_faults(full, PYTHIA, (float(full[-5]), float(full[-4]))) == []


class TestCloserSteps:
    @SUITES
    def test_without_a_bracket_nothing_is_added(self, available):
        steps = study_steps(available, 10)
        assert closer_steps(steps, available, None) == steps

    def test_all_that_lies_in_the_bracket_where_there_is_room(self):
        steps = [0, 10, 32, 100, 250, 500, 700, 1450, 2100, 2600]
        assert closer_steps(steps, PUN_WORLD, (700.0, 1450.0)) == [
            *(0, 10, 32, 100, 250, 500, 700),
            *(850, 1000, 1200, 1450, 2100, 2600),
        ]

    @pytest.mark.parametrize("count", range(LEAST, MOST + 1))
    def test_never_more_than_a_study_has_and_all_within_the_bracket(self, count):
        steps = study_steps(PYTHIA, count)
        bracket = (float(steps[-3]), float(steps[-1]))
        closer = closer_steps(steps, PYTHIA, bracket)
        assert set(steps) <= set(closer)
        assert len(closer) == MOST
        assert all(bracket[0] < step < bracket[1] for step in set(closer) - set(steps))

    def test_a_closer_look_answers_the_fault(self):
        steps = study_steps(PYTHIA, 9)
        bracket = (float(steps[-2]), float(steps[-1]))
        assert any("include some of them" in fault for fault in coverage_faults(steps, PYTHIA, bracket))
        closer = closer_steps(steps, PYTHIA, bracket)
        assert not any("include some" in fault for fault in coverage_faults(closer, PYTHIA, bracket))
        assert not any("checkpoints, where a study has" in fault for fault in spacing_faults(closer, PYTHIA))

    def test_nothing_left_in_the_bracket(self):
        assert closer_steps(PUN_WORLD, PUN_WORLD, (850.0, 1000.0)) == PUN_WORLD
