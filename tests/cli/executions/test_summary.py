"""How a run ended: its headline, its totals, and its entries or where they are."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from tests.cli.executions.support import (
    BUCKET,
    HOSTILE,
    KEY,
    WHERE,
    Recorded,
    failed_in,
    happy,
    large,
    line_with,
    output,
    row,
    summarised,
    text_of,
)


def test_the_output_ends_as_tables() -> None:
    printed = text_of(happy(output(row(), row(2, outcome="skipped", reason="too_short", issue=None, seconds=299))))

    assert "Synced" in printed
    assert line_with(printed, "time logged").split()[2] == "1:30"
    assert line_with(printed, "too_short", "1", "0:04:59")
    assert line_with(printed, "duration_mismatch", "1")
    assert line_with(printed, "  studio/website")
    assert line_with(printed, "#12 Navigation").split() == ["09:00", "#12", "1:30", "created", "#12", "Navigation"]
    assert line_with(printed, "0:04:59").split()[:3] == ["09:00", "0:04:59", "skipped"]
    assert line_with(printed, "too_short: it is shorter than minimum_duration")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_reason_is_never_cut(width: int) -> None:
    words = "The issue is locked, and only members of the project may add to it. " * 2

    printed = text_of(happy(output(row(outcome="failed", reason=words))), width=width)

    assert words.strip() in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) <= width


def test_a_failed_run_shows_its_error_its_message_and_the_output_that_it_had() -> None:
    result = output(row(outcome="failed", reason="no_permission"), outcome="failed")
    states = Recorded()
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.enter("Fail", "Failed")
    states.fail("EntriesFailed", json.dumps({"message": "1 of the entries could not be posted.", "failed": []}))

    printed = text_of(states)

    assert "FAILED: EntriesFailed" in printed
    assert "1 of the entries could not be posted." in printed
    assert line_with(printed, "09:00").split()[:4] == ["09:00", "#12", "1:30", "failed"]
    assert line_with(printed, "no_permission")


def test_a_run_that_failed_before_its_totals_shows_what_there_is() -> None:
    states = Recorded()
    states.fail("States.Runtime", "no JSON, but words of AWS")

    printed = text_of(states)

    assert "FAILED: States.Runtime" in printed
    assert "no JSON, but words of AWS" in printed
    assert "totals" not in printed


def test_a_large_run_ends_with_its_totals_and_the_command_that_gets_its_rows() -> None:
    printed = text_of(summarised(large()))

    assert line_with(printed, "time logged").split()[2] == "1:30"
    assert printed.splitlines()[-1] == WHERE
    assert "failed entries" not in printed


def test_a_large_dry_run_says_where_its_rows_are() -> None:
    key = "runs/run/5bd7/entries.jsonl"

    printed = text_of(summarised(large(batches=0), outcome="dry_run", dry_run=True, entries=key))

    assert "nothing was written" in printed
    assert printed.splitlines()[-1] == WHERE.replace(KEY, key)


def test_a_large_run_that_failed_shows_the_first_failed_entries_how_many_more_and_where_all_are() -> None:
    failed: list[dict[str, Any]] = [
        {"entry_id": 1, "issue": "studio/website#12", "reason": "no_permission"},
        {"entry_id": 2, "issue": None, "reason": "Too much."},
    ]

    printed = text_of(failed_in(large(), failed, more=58))

    assert "60 failed." in printed
    assert line_with(printed, "no_permission").split() == ["1", "studio/website#12", "no_permission"]
    assert line_with(printed, "Too much.").split() == ["2", "Too", "much."]
    assert "and 58 more" in printed
    assert printed.splitlines()[-1] == WHERE


def test_the_command_is_one_word_a_place_whatever_a_person_has_called_the_execution() -> None:
    key = "runs/it's $(me)/entries.jsonl"

    command = text_of(summarised(large(), entries=key)).splitlines()[-1]

    assert shlex.split(command)[-2:] == [f"s3://{BUCKET}/{key}", "entries.jsonl"]


def test_a_history_without_the_bucket_leaves_the_key() -> None:
    printed = text_of(happy(output() | {"entries": KEY}))

    assert f"Their key is {KEY}" in printed


@pytest.mark.parametrize("terminal", [True, False])
def test_hostile_texts_neither_steer_the_terminal_nor_count_as_markup(terminal: bool) -> None:
    states = happy(output(row(issue=HOSTILE, reason=HOSTILE)), description=HOSTILE)
    states.execution["status"] = "FAILED"
    states.execution |= {"error": HOSTILE, "cause": json.dumps({"message": HOSTILE})}

    printed = text_of(states, terminal=terminal)

    assert "[bold red]#12[/]" in printed
    for raw in ("\x1b]0", "\x1b[2J[", "\x07", "\x00", "\u202e", "\ud800"):
        assert raw not in printed
