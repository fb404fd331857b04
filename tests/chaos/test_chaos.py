"""A short fixed part of `make chaos`, and that it finds what it is made to find."""

from __future__ import annotations

import json

import pytest

from tests.chaos.breaks import broken_definition
from tests.chaos.command import MET_AT_LEAST, main, play_core
from tests.chaos.core import play_seed
from tests.chaos.happenings import IN_GITLAB, IN_TOGGL, draw_weeks
from tests.chaos.ledger import DOUBLE, LOST, UNFINISHED
from tests.chaos.schedule import draw, labels
from tests.chaos.scope import CATCH_UP_DAYS
from tests.workflow.in_process import synthesised


def test_nothing_is_lost_doubled_or_misplaced_by_what_goes_wrong_in_some_seeds() -> None:
    verdicts = play_core(range(1, 11), synthesised())

    assert {verdict.seed: verdict.findings for verdict in verdicts if verdict.findings} == {}
    assert sum(verdict.runs for verdict in verdicts) > 30
    assert len({label for verdict in verdicts for label, _target in verdict.met}) > 15


@pytest.mark.parametrize(
    ("broken", "seed", "finding"),
    [
        ("look", 15, DOUBLE),
        ("settle", 15, DOUBLE),
        ("lock", 36, DOUBLE),
        ("late", 8, LOST),
        ("pending", 16, UNFINISHED),
    ],
)
def test_the_suite_goes_red_without(broken: str, seed: int, finding: str) -> None:
    whole = synthesised()

    assert play_seed(seed, whole).findings == []
    assert finding in {kind for kind, _words in play_seed(seed, broken_definition(whole, broken)).findings}


def test_a_seed_that_fails_comes_with_the_command_that_plays_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--core", "1", "--seed", "15", "--break", "look", "--jobs", "1", "--json"])

    printed = capsys.readouterr()
    assert code == 1
    assert "python -m tests.chaos.command --core 1 --seed 15 --break look" in printed.err
    (core, workflow) = json.loads(printed.out)
    assert (core["seeds"], workflow["seeds"]) == (1, 0)
    assert core["double"] > 0


def test_a_seed_always_draws_the_same_and_the_seeds_draw_every_kind_of_fault() -> None:
    schedules = [draw(seed, deployed=False) for seed in range(500)]

    drawn = {strike.label for schedule in schedules for run in schedule.runs for strike in run.strikes}
    ends = {run.interruption.label for schedule in schedules for run in schedule.runs if run.interruption}
    assert schedules == [draw(seed, deployed=False) for seed in range(500)]
    assert len(set(labels()) - drawn - ends) == 2  # two runs at once, and a refused token
    assert MET_AT_LEAST == 20


def test_the_seeds_draw_weeks_in_which_everything_happens() -> None:
    weeks = [draw_weeks(seed, deployed=False) for seed in range(300)]

    turns = [turn for one in weeks for turn in one.turns]
    assert weeks == [draw_weeks(seed, deployed=False) for seed in range(300)]
    assert {one.change.what for turn in turns for one in turn.happenings} == {*IN_TOGGL, *IN_GITLAB}
    assert {turn.kind for turn in turns} == {"morning", "by hand", "dry run"}
    assert max(turn.days_later for turn in turns) > CATCH_UP_DAYS
    assert all(one.last_day < 80 for one in (draw_weeks(seed, deployed=True) for seed in range(300)))
