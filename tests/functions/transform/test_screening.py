"""What an entry comes to before GitLab is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.model.entry import TimeEntry
from functions.transform.screening import screen, unfiltered

START = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _entry(entry_id: int, seconds: int) -> TimeEntry:
    stop = START + timedelta(seconds=seconds)
    return TimeEntry(entry_id, START, stop, seconds, "#12 Fix login", True, 7, None, None)


def test_every_entry_is_there_in_its_order_with_its_filter_or_its_references() -> None:
    short, long = screen([_entry(1, 60), _entry(2, 1800)], Settings())

    assert (short.entry.id, short.filtered_by and short.filtered_by.reason) == (1, Reason.TOO_SHORT)
    assert (short.mentions.description.found, short.mentions.description.leading) == ((), None)
    assert (long.entry.id, long.filtered_by) == (2, None)
    assert [reference.iid for reference in long.mentions.description.found] == [12]


def test_an_entry_that_starts_before_the_earliest_day_of_late_changes_is_left_out() -> None:
    (late,) = screen([_entry(1, 1800)], Settings(), START + timedelta(seconds=1))

    assert late.filtered_by is not None
    assert late.filtered_by.reason == Reason.TOO_LATE


def test_an_entry_can_be_looked_at_as_if_there_were_no_filters() -> None:
    screened = unfiltered(_entry(1, 60), Settings())

    assert screened.filtered_by is None
    assert [reference.iid for reference in screened.mentions.description.found] == [12]


def test_the_task_and_the_tags_are_looked_at_as_well() -> None:
    entry = replace(_entry(1, 1800), description="Fix", task_name="Login (#13)", tags=("urgent", "#14", "!15"))

    mentions = unfiltered(entry, Settings()).mentions

    assert mentions.description.found == ()
    assert [reference.iid for reference in mentions.task.found] == [13]
    assert [reference.iid for reference in mentions.tags.found] == [14, 15]


def test_of_several_tags_none_leads_but_an_only_one_does() -> None:
    several, one = (replace(_entry(1, 1800), tags=tags) for tags in (("#14", "#15"), ("urgent", "#14 not #15")))

    assert unfiltered(several, Settings()).mentions.tags.leading is None
    assert getattr(unfiltered(one, Settings()).mentions.tags.leading, "iid", None) == 14
