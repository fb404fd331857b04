"""What a person sees of a run while it runs: a live table in a terminal, else a line at a time."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from cli.executions.following import follow
from cli.executions.progress import table_while_running
from tests.cli.executions.support import (
    ARN,
    BEGAN,
    Recorded,
    begin_batch,
    happy,
    large,
    line_with,
    output,
    post_batch,
    row,
    summarised,
    table_text,
    text_lines,
    text_of,
    waiting,
)


def test_a_file_gets_a_line_for_each_step_and_each_quarter_of_a_map() -> None:
    printed = text_of(happy(output(row())))

    lines = [line.split(None, 2)[2] for line in printed.splitlines() if line.strip().startswith("+")]
    assert lines == [
        "FetchEntries: reads the entries from Toggl",
        "PostEntries: writes to GitLab, entry by entry",
        "PostEntries: 1 of 4",
        "PostEntries: 2 of 4",
        "PostEntries: 3 of 4",
        "PostEntries: 4 of 4",
    ]
    assert "\x1b" not in printed


def test_a_terminal_gets_a_table_with_the_maps_progress() -> None:
    printed = text_of(happy(output(row())), terminal=True)

    assert "4 of 4" in printed
    assert "FetchEntries" in printed


def long_way(states: int = 40) -> dict[str, Any]:
    """A definition of so many steps, one after the other, then two of every run."""
    steps = {f"Step{n}": {"Type": "Task", "Comment": "does its part", "Next": f"Step{n + 1}"} for n in range(states)}
    end = {"AcquireLock": {"Type": "Task", "Next": "PostEntries"}, "PostEntries": {"Type": "Task", "End": True}}
    return {"StartAt": "Step0", "States": {**steps, f"Step{states}": {"Type": "Pass", "Next": "AcquireLock"}, **end}}


@pytest.mark.parametrize("width", [60, 120])
def test_a_small_window_has_room_for_a_long_run_at_every_moment(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, height=24, force_terminal=True)
    recorded = Recorded(long_way())
    timeline = recorded.timeline()

    for number in range(40):
        recorded.events.clear()
        recorded.enter("Task", f"Step{number}")
        recorded.add("TaskFailed", {"error": "GitLabUnavailable", "cause": "no answer came, " * 8})
        for event in recorded.events:
            timeline.observe(event)
        lines = text_lines(table_while_running(timeline, BEGAN, console), console)

        assert len(lines) < 24
        assert any(f"Step{number} " in line for line in lines)
        assert any("2 states to come" in line or "AcquireLock" in line for line in lines)


def test_the_whole_table_is_shown_once_when_a_run_has_ended() -> None:
    recorded = Recorded(long_way())
    for number in range(40):
        recorded.enter("Task", f"Step{number}")
        recorded.leave("Task", f"Step{number}")
    recorded.succeed(output(row()))
    file = io.StringIO()
    console = Console(file=file, width=120, height=24, force_terminal=True)

    follow(recorded, ARN, console, poll_seconds=0)

    # Before that, a live table is taken away line by line.
    left = file.getvalue().rpartition("\x1b[2K")[2]
    assert [len(re.findall(rf"Step{number}\b", left)) for number in range(40)] == [1] * 40


def test_a_wait_says_what_it_waits_for() -> None:
    shown = table_text(waiting())

    assert "for TogglQuotaExceeded: The hourly quota is used up. Waiting 40 s." in line_with(shown, "WaitForToggl")
    assert "53.0 s" in line_with(shown, "WaitForToggl")
    assert line_with(shown, "WaitForToggl").startswith("◷")


def test_a_retry_is_counted_and_its_reason_shown() -> None:
    assert "1 retry, TogglQuotaExceeded: The hourly quota" in line_with(table_text(waiting()), "FetchEntries")


def test_an_error_that_a_better_try_followed_is_over() -> None:
    states = waiting()
    states.leave("Wait", "WaitForToggl")
    states.enter("Task", "FetchEntries")
    states.add("TaskScheduled", {})
    states.leave("Task", "FetchEntries")

    assert line_with(table_text(states), "FetchEntries").startswith("✓")


def test_what_a_run_did_not_come_to_is_not_left_open() -> None:
    states = waiting()
    states.fail("TogglQuotaExceeded", "{}")

    assert "was not needed" in line_with(table_text(states), "PostEntries")


def losing(name: str) -> Recorded:
    """A run of three items, two of which have stopped: the first is settling; Step Functions gave up the other."""
    states = Recorded()
    maps = {"PostEntry": "PostEntries", "PostBatch": "PostBatches"}
    states.enter("Map", maps[name])
    started = states.add("MapStateStarted", {"length": 3})
    lost = ("TaskFailed", {"error": "AmbiguousWrite", "cause": "no answer came"}, f"Settle{name}")
    given_up = ("TaskTimedOut", {"error": "States.Timeout"}, f"Let{name}End")
    for index, (kind, details, wait) in enumerate((lost, given_up)):
        states.add("MapIterationStarted", {"name": maps[name], "index": index}, previous=started)
        states.enter("Task", name)
        states.add("TaskScheduled", {})
        states.add(kind, details)
        states.leave("Task", name)
        states.enter("Wait", wait)
    return states


@pytest.mark.parametrize("name", ["PostEntry", "PostBatch"])
def test_a_function_that_may_live_on_is_waited_for_before_the_settle_time_and_says_so(name: str) -> None:
    states = losing(name)

    lines = [line for line in table_text(states).splitlines() if line[3:5] == "  "]

    assert [line.split()[1] for line in lines] == [name, f"Let{name}End", f"Settle{name}"]
    assert lines[1].rstrip().endswith("until its function has surely ended, after States.Timeout")
    assert lines[2].rstrip().endswith("for AmbiguousWrite: no answer came")


def test_a_file_gets_a_line_for_that_wait_and_for_the_settle_time_after_it() -> None:
    states = losing("PostEntry")
    states.leave("Wait", "LetPostEntryEnd")
    states.enter("Wait", "SettlePostEntry")

    printed = text_of(summarised(states))

    assert [line.split(None, 2)[2] for line in printed.splitlines() if "PostEntry" in line] == [
        "PostEntry: AmbiguousWrite: no answer came",
        "SettlePostEntry: waits for AmbiguousWrite: no answer came",
        "PostEntry: States.Timeout",
        "LetPostEntryEnd: waits until its function has surely ended, after States.Timeout",
        "SettlePostEntry: waits for States.Timeout",
    ]


def test_a_large_runs_bar_counts_the_entries_of_the_batches_that_are_done() -> None:
    states = large()
    for number in (0, 8, 3):  # the last one has 30
        post_batch(states, number)
    begin_batch(states, 5)

    shown = table_text(states)

    assert "3 of 9 batches, 130 of 430 entries" in line_with(shown, "PostBatches")
    assert "3 of 4" in line_with(shown, "  PostBatch ")


def test_a_file_gets_a_line_for_each_twentieth_of_a_large_run() -> None:
    states = large(planned=4_990, batches=100)
    for number in range(100):
        post_batch(states, number)

    printed = [line for line in text_of(summarised(states)).splitlines() if "PostBatches: " in line and " of " in line]

    assert len(printed) == 20
    assert printed[0].endswith("PostBatches: 5 of 100 batches, 250 of 4,990 entries")
    assert printed[-1].endswith("PostBatches: 100 of 100 batches, 4,990 of 4,990 entries")


def test_only_the_steps_of_the_way_that_a_run_takes_are_still_to_come() -> None:
    of_a_large_one = table_text(large())
    of_another = table_text(waiting())

    assert "CollectOutcomes" in of_a_large_one
    assert "PostEntries" not in of_a_large_one
    assert "PostEntries" in of_another
    assert "PostBatches" not in of_another
    assert "CollectOutcomes" not in of_another


def test_what_only_other_runs_come_to_and_what_is_passed_by_is_not_still_to_come() -> None:
    states = Recorded()
    for name in ("WaitForToggl", "CreateIssues", "TakeOverLock", "AcquireLock"):
        states.definition["States"][name] = {"Type": "Task", "Next": "FetchEntries"}
    states.definition["States"]["FetchEntries"]["Catch"] += [{"Next": "TakeOverLock"}, {"Next": "CreateIssues"}]
    states.definition["States"]["TransformEntries"]["Catch"] = [{"Next": "AcquireLock"}]
    states.enter("Task", "FetchEntries")

    shown = table_text(states)

    assert [line.split()[1] for line in shown.splitlines() if line.startswith("·")] == [
        "AcquireLock",
        "TransformEntries",
        "PostEntries",
    ]
    assert line_with(shown, "PostEntries").rstrip().endswith("writes to GitLab, entry by entry")
    states.leave("Task", "FetchEntries")
    states.enter("Task", "TransformEntries")
    assert "AcquireLock" not in table_text(states)


def test_a_batch_that_needs_another_call_is_no_trouble() -> None:
    states = large()
    begin_batch(states, 0)
    states.add("TaskFailed", {"error": "CallUnfinished", "cause": "another call continues"})
    states.add("TaskScheduled", {})

    shown = line_with(table_text(states), "  PostBatch ")
    printed = text_of(summarised(states))

    assert shown.startswith("▸")
    assert "continued once" in shown
    assert "retr" not in shown
    assert "CallUnfinished" not in shown + printed


def test_a_batch_that_settles_says_what_for() -> None:
    states = large()
    begin_batch(states, 0)
    states.add("TaskFailed", {"error": "AmbiguousWrite", "cause": "no answer came"})
    states.leave("Task", "PostBatch")
    states.enter("Wait", "SettlePostBatch")

    assert "for AmbiguousWrite: no answer came" in line_with(table_text(states), "SettlePostBatch")
