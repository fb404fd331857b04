"""How a run ended: its headline, its totals, and its entries or where they are."""

from __future__ import annotations

import io
import json
import shlex
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from cli.executions.ended import Ended
from cli.executions.lines import Line
from cli.executions.summary import show
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
    totals,
)


def test_the_output_ends_as_tables() -> None:
    printed = text_of(
        happy(
            output(row(), row(2, outcome="skipped", reason="too_short", issue=None, seconds=299, tracked_seconds=299))
        )
    )

    assert "Synced" in printed
    assert line_with(printed, "time logged").split()[2] == "1:30:00"
    assert line_with(printed, "too_short", "1", "0:04:59")
    assert line_with(printed, "duration_mismatch", "1")
    assert line_with(printed, "  studio/website")
    assert line_with(printed, "#12 Navigation").split()[4:] == ["1:29:00", "→", "1:30:00", "#12", "Navigation"]
    assert line_with(printed, "09:00", "0:04:59").split()[4:] == ["0:04:59", "entry", "2"]
    assert line_with(printed, "too_short: it is shorter than minimum_duration")


def test_a_reason_and_a_warning_are_said_once_however_many_entries_have_them() -> None:
    rows = [row(n, outcome="skipped", reason="no_issue", issue=None) for n in (1, 2)]
    rows += [row(n, warning="duration_mismatch") for n in (3, 4)]

    printed = " ".join(text_of(happy(output(*rows))).split())

    assert printed.count("neither the description, the task nor a tag names an issue") == 1
    assert printed.count("Toggl's duration is not the time between start and stop") == 1
    assert printed.count("correct the entry's times in Toggl") == 1


def test_after_its_plan_only_what_came_out_otherwise_is_shown() -> None:
    rows = [row(1), row(2, issue="studio/website#77"), row(3, outcome="failed", reason="no_permission")]
    planned = [Line.of_row(one | {"outcome": "created", "reason": None}, "") for one in rows]
    planned[1] = replace(planned[1], issue="studio/website#new")

    def shown(*came_out: dict[str, Any]) -> str:
        file = io.StringIO()
        console = Console(file=file, width=150)
        show(Ended("SUCCEEDED", output(*came_out)), console, planned=planned)
        return file.getvalue()

    assert "All of it came out as planned." in shown(*rows[:2])
    assert "Created" not in shown(*rows[:2])
    printed = shown(*rows)
    assert "Otherwise than planned:" in printed
    assert line_with(printed, "Failed: 1 entry")
    assert "Created" not in printed


def ended(outcome: str, *rows: dict[str, Any], **values: int) -> str:
    """What is printed of a run with these totals."""
    result = output(*rows, outcome=outcome) | {"dry_run": outcome == "dry_run", "totals": totals(**values)}
    return text_of(happy(result | {"skipped_by_reason": {}, "warnings": {}}))


def first_line(printed: str) -> str:
    """The headline, below what was told while the run went on."""
    return printed.partition("\n\n")[2].splitlines()[0].rstrip()


@pytest.mark.parametrize(
    ("outcome", "values", "line"),
    [
        ("nothing_to_sync", {}, "Nothing to sync: Toggl has no entries there"),
        (
            "nothing_to_sync",
            {"fetched": 4, "kept": 4, "seconds_tracked": 3_600, "seconds_on_gitlab": 3_600},
            "Nothing to sync: GitLab has it all",
        ),
        (
            "nothing_to_sync",
            {"fetched": 3, "skipped": 3, "seconds_tracked": 5_400, "seconds_left_out": 5_400},
            "Nothing to sync: all of it is left out (1:30:00)",
        ),
        # Timers that still run have no time yet.
        ("nothing_to_sync", {"fetched": 1, "skipped": 1}, "Nothing to sync: all of it is left out"),
        (
            "nothing_to_sync",
            {
                "fetched": 3,
                "kept": 2,
                "skipped": 1,
                "seconds_tracked": 9_000,
                "seconds_on_gitlab": 3_600,
                "seconds_left_out": 5_400,
            },
            "Nothing to sync: more is left out (1:30:00) than is on GitLab (1:00:00)",
        ),
        (
            "nothing_to_sync",
            {
                "fetched": 3,
                "kept": 2,
                "skipped": 1,
                "seconds_tracked": 7_200,
                "seconds_on_gitlab": 6_300,
                "seconds_left_out": 1_800,
                "seconds_differing": 900,
            },
            "Nothing to sync: 1:45:00 on GitLab, 0:30:00 left out, 0:15:00 differing",
        ),
        (
            "nothing_to_sync",
            {"fetched": 2, "kept": 1, "skipped": 1, "seconds_tracked": 3_600, "seconds_on_gitlab": 3_600},
            "Nothing to sync: GitLab has all but 1 entry left out",
        ),
        ("synced", {"fetched": 1, "created": 1, "seconds_logged": 900}, "Synced"),
        (
            "synced",
            {"fetched": 2, "created": 1, "skipped": 1, "seconds_on_gitlab": 900, "seconds_left_out": 901},
            "Synced; more is left out (0:15:01) than is on GitLab (0:15:00)",
        ),
        (
            "synced",
            {"fetched": 3, "kept": 1, "replaced": 1, "seconds_on_gitlab": 32_400, "seconds_left_out": 7_799},
            "Synced",
        ),
        (
            "synced",
            {"fetched": 2, "created": 1, "failed": 1, "seconds_logged": 900, "seconds_failed": 900},
            "Synced, but for what GitLab still refuses",
        ),
        (
            "dry_run",
            {"fetched": 1, "skipped": 1, "seconds_tracked": 900, "seconds_left_out": 900},
            "Dry run: this is what would happen, nothing was written; all of it is left out (0:15:00)",
        ),
    ],
)
def test_the_first_line_says_what_gitlab_does_not_have(outcome: str, values: dict[str, int], line: str) -> None:
    assert first_line(ended(outcome, **values)) == line


def test_a_failed_run_after_which_more_is_left_out_than_on_gitlab_says_so_beside_its_error() -> None:
    result = output(outcome="failed") | {"totals": totals(seconds_left_out=3_600, seconds_tracked=7_200)}
    states = summarised(large(), **result)
    states.fail("EntriesFailed", "{}")

    assert (
        first_line(text_of(states)) == "FAILED: EntriesFailed; more is left out (1:00:00) than is on GitLab (0:00:00)"
    )


def test_the_hours_are_accounted_for_to_the_second_and_what_is_left_out_by_its_reasons() -> None:
    rows = (
        row(1, outcome="skipped", reason="no_issue", tracked_seconds=1_801),
        row(2, outcome="kept", reason="too_short", warning="posted_but_filtered", tracked_seconds=60),
        row(3, outcome="failed", reason="no_permission", tracked_seconds=600),
        row(4, outcome="deleted", reason=None, gone=True, tracked_seconds=0),
    )
    account = {"tracked": 7_861, "on_gitlab": 6_300, "left_out": 1_861, "failed": 600, "rounding": 0, "differing": 900}

    printed = ended("synced", *rows, **{f"seconds_{name}": seconds for name, seconds in account.items()})

    for name, shown in (
        ("tracked", "2:11:01"),
        ("on GitLab", "1:45:00"),
        ("refused", "0:10:00"),
        ("differing", "+0:15:00"),
    ):
        assert line_with(printed, name, shown)
    assert line_with(printed, "no_issue", "0:30:01")
    assert line_with(printed, "too_short", "0:01:00")
    assert "2:11:01 tracked + 0:15:00 differing = 1:45:00 on GitLab + 0:31:01 left out + 0:10:00 refused" in printed


def test_a_run_of_an_earlier_version_is_shown_without_an_account() -> None:
    result = output(row(), outcome="nothing_to_sync") | {"totals": {"fetched": 2, "kept": 1, "skipped": 1}}
    result["skipped_by_reason"] = {"no_issue": 1}

    printed = text_of(happy(result))

    assert first_line(printed) == "Nothing to sync: GitLab has all but 1 entry left out"
    assert "tracked" not in printed
    assert line_with(printed, "no_issue", "1")


def test_days_that_were_cut_off_are_told_with_what_to_do() -> None:
    result = output(row())
    result["window"] |= {"gap": {"start": "2026-10-01", "end": "2026-10-22"}}

    words = "2026-10-01 to 2026-10-22 are longer ago than catch_up_days. To sync them, start a run for"
    assert f"{words} 2026-10-01..2026-10-22." in text_of(happy(result))


def test_late_changes_are_named_with_the_instant_from_which_on_they_count() -> None:
    result = output(row())
    result["window"] |= {"changes_since": "2026-11-23T07:50:00Z"}

    assert line_with(text_of(happy(result)), "what was changed in Toggl since 2026-11-23 08:50")


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
    assert line_with(printed, "09:00").split()[:4] == ["Mon", "23", "Nov", "09:00"]
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

    assert line_with(printed, "time logged").split()[2] == "1:30:00"
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
