"""Whole months of every shape end up on GitLab as the specification says, and cost few requests.

PROOF_SEEDS=100:140 generates the months of these seeds instead of the usual few; a failing one names its seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.proof.expected import Choices, expect, marked
from tests.proof.studio import (
    CLIENT,
    HARBOUR,
    MISSING_IID,
    NOBODY,
    PROJECTS,
    TITLES,
    TOOLS,
    USER,
    WEBSITE,
    WORDS,
    Clock,
    Said,
    Studio,
    mentions,
    titles,
)

_BOUNDS = os.environ.get("PROOF_SEEDS", "1:5").split(":")
SEEDS = range(int(_BOUNDS[0]), int(_BOUNDS[1]))
ENTRIES = 550

# Clocks change in the first three, by an hour or by half of one; Kathmandu is 5:45 ahead.
MONTHS = [
    ("Europe/Berlin", date(2026, 3, 1)),
    ("America/New_York", date(2025, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("Asia/Kathmandu", date(2026, 2, 1)),
    ("UTC", date(2024, 2, 1)),
]
LENGTHS = (0, 1, 299, 300, 449, 450, 451, 600, 900, 1349, 1350, 2250, 3600, 5399, 5400, 28_800, 90_000)


@dataclass(frozen=True)
class Month:
    """A month of one seed: whole local days from `first` to `last`, as the runs cover it."""

    studio: Studio
    choices: Choices
    first: date
    last: date

    def run(self, **run_input: Any) -> dict[str, Any]:
        days = {"start_date": self.first.isoformat(), "end_date": self.last.isoformat()}
        return self.studio.rehearse(self.choices.context(), days | run_input)

    def requests(self, **run_input: Any) -> int:
        """How many GitLab requests a run makes."""
        before = len(self.studio.gitlab.requests)
        self.run(**run_input)
        return len(self.studio.gitlab.requests) - before


def _month(studio: Studio, dice: random.Random, timezone: str, first: date, entries: int) -> Month:
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    _furnish(studio)
    pool = [
        *mentions(tuple(range(1, 13)), WORDS, (WEBSITE, HARBOUR, TOOLS)),
        *mentions((1, MISSING_IID), WORDS[:2], (CLIENT, NOBODY)),
    ]
    for _number in range(entries):
        said = dice.choice(titles()) if dice.random() < 0.2 else dice.choice(pool)
        _track(studio, dice, said, _start(dice, ZoneInfo(timezone), first, last))
    choices = Choices(
        timezone=timezone,
        minimum_duration=dice.choice([0, 300, 300, 600]),
        round_time_to_minutes=dice.choice([15, 15, 6, 30, 0]),
        rounding_mode=dice.choice(["nearest", "nearest", "up", "down"]),
        only_billable=dice.random() < 0.2,
        exclude_weekends=dice.random() < 0.3,
        auto_create_issues=dice.random() < 0.5,
    )
    return Month(studio, choices, first, last)


def _furnish(studio: Studio) -> None:
    """Issues that are closed, have moved once or twice or to a place that nobody may see, and titles that occur twice."""
    gitlab = studio.gitlab
    gitlab.add_project(CLIENT, roles={USER: "guest"})
    gitlab.add_project("secret/attic", roles={})
    gitlab.add_issue(CLIENT, "Not ours to log on", iid=1)
    for path in PROJECTS:
        gitlab.close_issue(gitlab.issuable(f"{path}#2"))
    gitlab.move_issue(gitlab.issuable(f"{WEBSITE}#3"), HARBOUR)
    gitlab.move_issue(gitlab.move_issue(gitlab.issuable(f"{HARBOUR}#4"), TOOLS), WEBSITE)
    for key, (path, state) in {"fair": (WEBSITE, "opened"), "menu": (HARBOUR, "closed")}.items():
        gitlab.add_issue(path, TITLES[key][0], state=state)
    for _twice in range(2):
        gitlab.add_issue(TOOLS, TITLES["plants"][0])
    for issue in gitlab.issues:
        studio.issue_added(issue)


def _start(dice: random.Random, zone: ZoneInfo, first: date, last: date) -> datetime:
    """Any second of the month, often about midnight, and a little before and after the month as well."""
    day = datetime.combine(first, datetime.min.time(), UTC) + timedelta(days=dice.randint(-1, (last - first).days + 1))
    if dice.random() < 0.3:
        midnight = day.replace(tzinfo=zone).astimezone(UTC)
        return midnight + timedelta(seconds=dice.choice([-3600, -1, 0, 1, 1800, 3600, 7199, 7200, 10_800]))
    return day + timedelta(seconds=dice.randrange(86_400))


def _track(studio: Studio, dice: random.Random, said: Said, start: datetime) -> None:
    seconds = dice.choice(LENGTHS) if dice.random() < 0.4 else dice.randrange(300, 14_400)
    how: dict[str, Any] = {"duration": seconds + 1800} if dice.random() < 0.03 else {}
    project = dice.choice(list(studio.toggl_projects))
    runs = dice.random() < 0.02
    studio.track(said, start, None if runs else seconds, project, billable=dice.random() < 0.8, **how)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_months_ledger_is_the_expected_one_and_stays_so(seed: int) -> None:
    dice = random.Random(seed)
    timezone, first = MONTHS[(seed - 1) % len(MONTHS)]
    clock = Clock(datetime.combine(first + timedelta(days=35), datetime.min.time(), UTC))
    with Studio(clock, issues_a_project=12) as studio:
        month = _month(studio, dice, timezone, first, ENTRIES if seed != 2 else 1_100)
        expected = _with_refusals(month)

        output = month.run()
        studio.take_down_new_issues()
        expected.check_ledger(studio)
        expected.check_output(output)
        ledger = studio.gitlab.timelogs
        writes = studio.gitlab.count("timelogCreate")
        again = month.run()

    refused = [row for row in output["entries"] if row["outcome"] == "failed"]
    assert studio.gitlab.timelogs == ledger
    assert studio.gitlab.count("timelogCreate") == writes + len(refused)
    assert again["totals"]["created"] == again["totals"]["replaced"] == again["totals"]["deleted"] == 0
    assert all(row["reason"] == "no_permission" for row in refused)


def _with_refusals(month: Month):
    """What is expected, with the entries of the project that the user may not log on as failed."""
    expected = expect(month.studio, month.choices, month.first, month.last)
    for logged in list(expected.added):
        path = logged.place.path if hasattr(logged.place, "path") else logged.place.project.full_path
        if path == CLIENT:
            expected.added.remove(logged)
            expected.rows[logged.entry_id] = ("failed", "no_permission", expected.rows[logged.entry_id][2])
    return expected
