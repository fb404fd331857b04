"""The demonstration's own judgement: it is content with a right day, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.demonstration import sample_day
from cli.demonstration.checks import checks_of_the_day, checks_of_the_edit, checks_of_the_repetition
from cli.demonstration.sample_day import SampleDay
from cli.demonstration.scenario import edit
from cli.executions.ended import Ended
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

DAY = datetime.now(UTC).date() - timedelta(days=3)


@dataclass
class Synced:
    """A day that was synced as expected: the stand-ins, what was expected, and the run's output."""

    toggl: Toggl
    gitlab: GitLab
    day: SampleDay
    output: dict[str, Any]

    def differences(self) -> list[str]:
        ended = Ended("SUCCEEDED", self.output)
        checks = checks_of_the_day(ended, self.day, self.gitlab.ledger(), self.toggl)
        return [difference for check in checks for difference in check.differences]

    def row(self, outcome: str) -> dict[str, Any]:
        row: dict[str, Any] = next(row for row in self.output["entries"] if row["outcome"] == outcome)
        return row


@pytest.fixture
def synced() -> Iterator[Synced]:
    with Toggl() as toggl, GitLab() as gitlab:
        day = sample_day.build(toggl, gitlab, DAY, "Europe/Berlin")
        for one in day.expected:
            if one.issue and one.outcome == "created":
                issuable = gitlab.issuable(one.issue)
                summary = f"[toggl:{one.entry_id}] {one.description}"
                gitlab.add_timelog(issuable, day.gitlab_username, one.seconds or 0, one.spent_at, summary)
        keys = ("entry_id", "outcome", "reason", "warning", "issue", "seconds", "spent_at")
        output = {
            "outcome": "synced",
            "totals": {**day.totals, "kept": 0},
            "skipped_by_reason": dict(day.skipped_by_reason),
            "warnings": dict(day.warnings),
            "entries": [{key: getattr(one, key) for key in keys} for one in day.expected],
        }
        yield Synced(toggl, gitlab, day, output)


def test_a_day_as_expected_has_no_differences(synced: Synced) -> None:
    assert synced.differences() == []


def lose_an_entry(synced: Synced) -> None:
    synced.output["entries"].remove(synced.row("skipped"))


def skip_for_another_reason(synced: Synced) -> None:
    synced.row("skipped")["reason"] = "weekend"


def forget_a_warning(synced: Synced) -> None:
    synced.output["warnings"] = {}


def count_wrongly(synced: Synced) -> None:
    synced.output["totals"]["created"] += 1


def show_an_entry_of_the_day_before(synced: Synced) -> None:
    synced.output["entries"].append({**synced.row("created"), "entry_id": synced.day.outside[0]})


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lose_an_entry, "is missing"),
        (skip_for_another_reason, "weekend"),
        (forget_a_warning, "duration_mismatch"),
        (count_wrongly, "total created: expected 19, found 20"),
        (show_an_entry_of_the_day_before, "was not expected"),
    ],
)
def test_an_output_that_differs_is_reported(synced: Synced, spoil: Callable[[Synced], None], word: str) -> None:
    spoil(synced)

    assert any(word in difference for difference in synced.differences())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spent_at": "2026-01-01T00:00:00+00:00"}, ["its timelog says 2026-01-01T00:00:00Z"]),
        ({"seconds": 60}, ["expected ('studio/website#101', 2700", "they are 8:16:00"]),
        ({"username": "somebody"}, ["somebody"]),
        ({"reference": "studio/website#102"}, ["studio/website#102"]),
    ],
)
def test_a_timelog_that_differs_is_reported(synced: Synced, changes: dict[str, Any], words: list[str]) -> None:
    first = synced.gitlab.ledger()[0]
    changed = first._replace(**changes)
    synced.gitlab.delete_issue(synced.gitlab.issuable(first.reference))
    target = synced.gitlab.issuable(changes.get("reference", "studio/website#12"))
    if "reference" not in changes:
        target = synced.gitlab.add_issue("studio/website", "again", iid=101)
    synced.gitlab.add_timelog(target, changed.username, changed.seconds, changed.spent_at, changed.summary)

    differences = synced.differences()

    for word in words:
        assert any(word in difference for difference in differences)


def test_a_second_timelog_of_an_entry_is_reported(synced: Synced) -> None:
    twice = synced.gitlab.ledger()[0]
    issuable = synced.gitlab.issuable(twice.reference)
    synced.gitlab.add_timelog(issuable, twice.username, twice.seconds, twice.spent_at, twice.summary)

    assert "20 timelogs instead of 19" in synced.differences()


def test_a_second_run_that_changed_something_is_reported(synced: Synced) -> None:
    before = synced.gitlab.ledger()
    quiet = Ended("SUCCEEDED", {"outcome": "nothing_to_sync"})
    busy = Ended("SUCCEEDED", {"outcome": "synced"})

    assert not any(check.differences for check in checks_of_the_repetition(quiet, synced.gitlab, before, before))
    assert any(check.differences for check in checks_of_the_repetition(busy, synced.gitlab, before, before))
    assert any(check.differences for check in checks_of_the_repetition(quiet, synced.gitlab, before, before[1:]))


def test_an_edit_that_changed_more_or_less_than_its_timelog_is_reported(synced: Synced) -> None:
    edited = edit(synced.toggl, synced.day).entry_id
    before = synced.gitlab.ledger()
    after = [*before[1:], before[0]._replace(seconds=before[0].seconds - 900)]
    replaced = {"entry_id": edited, "outcome": "replaced"}
    ended = Ended("SUCCEEDED", {"entries": [replaced]})
    two = Ended("SUCCEEDED", {"entries": [replaced, {"entry_id": 5, "outcome": "created"}]})

    assert not any(check.differences for check in checks_of_the_edit(ended, edited, before, after))
    assert any(check.differences for check in checks_of_the_edit(ended, edited, before, before))
    assert any(check.differences for check in checks_of_the_edit(two, edited, before, after))
