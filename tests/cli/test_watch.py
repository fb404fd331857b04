"""Following a run: what a person sees of it, live or line by line, and that nothing in it reaches the terminal raw."""

import io
import itertools
import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from cli import watch
from cli.deployment.patience import Patient
from cli.terminal.console import hours, printable
from cli.watch import Timeline, follow, message_in, show, states_table

ARN = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:run"
BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]#12[/] \u202eevil\x00 \ud800"

DEFINITION = {
    "StartAt": "FetchEntries",
    "States": {
        "Failed": {"Type": "Fail"},
        "Summarise": {"Type": "Pass", "Next": "AnythingFailed"},
        "AnythingFailed": {"Type": "Choice", "Choices": [{"Next": "Failed"}], "Default": "Synced"},
        "Synced": {"Type": "Succeed"},
        "PostEntries": {
            "Type": "Map",
            "Next": "Summarise",
            "ItemProcessor": {
                "StartAt": "PostEntry",
                "States": {
                    "SettlePostEntry": {"Type": "Wait", "Next": "PostEntry"},
                    "PostEntry": {
                        "Type": "Task",
                        "Catch": [{"Next": "LetPostEntryEnd"}, {"Next": "SettlePostEntry"}],
                        "End": True,
                    },
                    "LetPostEntryEnd": {"Type": "Wait", "Next": "SettlePostEntry"},
                },
            },
        },
        "WaitForToggl": {"Type": "Wait", "Next": "FetchEntries"},
        "FetchEntries": {
            "Type": "Task",
            "Comment": "reads the Toggl entries",
            "Catch": [{"Next": "WaitForToggl"}],
            "Next": "TransformEntries",
        },
        "TransformEntries": {"Type": "Task", "Next": "IsHandedOver"},
        "IsHandedOver": {"Type": "Choice", "Choices": [{"Next": "PostBatches"}], "Default": "PostEntries"},
        "PostBatches": {
            "Type": "Map",
            "Next": "CollectOutcomes",
            "ItemProcessor": {
                "StartAt": "PostBatch",
                "States": {
                    "PostBatch": {
                        "Type": "Task",
                        "Catch": [{"Next": "LetPostBatchEnd"}, {"Next": "SettlePostBatch"}],
                        "End": True,
                    },
                    "LetPostBatchEnd": {"Type": "Wait", "Next": "SettlePostBatch"},
                    "SettlePostBatch": {"Type": "Wait", "Next": "PostBatch"},
                },
            },
        },
        "CollectOutcomes": {"Type": "Task", "Next": "Summarise"},
    },
}

BUCKET = "handover-of-prod"
KEY = "runs/run/entries.jsonl"
WHERE = f"aws s3 cp --region us-east-1 s3://{BUCKET}/{KEY} entries.jsonl"


class Recorded:
    """A Step Functions client over a history that is written down event by event; pages are as small as asked for."""

    def __init__(self, definition: dict[str, Any] | None = None) -> None:
        self.definition = definition or DEFINITION
        self.events: list[dict[str, Any]] = []
        self.execution: dict[str, Any] = {"status": "RUNNING"}
        self.pages_read = 0
        self.add("ExecutionStarted", previous=0)

    def add(self, kind: str, details: dict[str, Any] | None = None, *, previous: int | None = None) -> int:
        """Append an event a second after the one before; it follows that one unless told otherwise."""
        number = len(self.events) + 1
        event = {
            "id": number,
            "previousEventId": number - 1 if previous is None else previous,
            "type": kind,
            "timestamp": BEGAN + timedelta(seconds=number - 1),
        }
        if details is not None:
            event[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        self.events.append(event)
        return number

    def enter(self, kind: str, name: str, *, previous: int | None = None) -> int:
        return self.add(f"{kind}StateEntered", {"name": name}, previous=previous)

    def leave(self, kind: str, name: str, output: Any = None, *, previous: int | None = None) -> int:
        return self.add(f"{kind}StateExited", {"name": name, "output": json.dumps(output)}, previous=previous)

    def succeed(self, output: dict[str, Any]) -> None:
        self.add("ExecutionSucceeded", {"output": json.dumps(output)})
        self.execution = {"status": "SUCCEEDED", "output": json.dumps(output)}

    def fail(self, error: str, cause: str) -> None:
        self.add("ExecutionFailed", {"error": error, "cause": cause})
        self.execution = {"status": "FAILED", "error": error, "cause": cause}

    def timeline(self) -> Timeline:
        timeline = Timeline(self.definition)
        for event in self.events:
            timeline.observe(event)
        return timeline

    def describe_state_machine_for_execution(self, **_asked: str) -> dict[str, Any]:
        return {"definition": json.dumps(self.definition)}

    def describe_execution(self, **_asked: str) -> dict[str, Any]:
        return self.execution

    def get_execution_history(self, *, maxResults: int, nextToken: str = "0", **_asked: Any) -> dict[str, Any]:  # noqa: N803
        self.pages_read += 1
        start = int(nextToken)
        page = self.events[::-1][start : start + maxResults]
        more = {"nextToken": str(start + maxResults)} if start + maxResults < len(self.events) else {}
        return {"events": page, **more}


def output(*rows: dict[str, Any], outcome: str = "synced") -> dict[str, Any]:
    return {
        "outcome": outcome,
        "window": {
            "start": "2026-11-23T00:00:00+01:00",
            "end": "2026-11-24T00:00:00+01:00",
            "timezone": "Europe/Berlin",
            "gap": None,
        },
        "dry_run": False,
        "totals": {"fetched": len(rows), "created": len(rows), "seconds_logged": 5_400},
        "skipped_by_reason": {"too_short": 3},
        "warnings": {"duration_mismatch": 1},
        "entries": list(rows),
    }


def row(entry_id: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "outcome": "created",
        "reason": None,
        "warning": None,
        "gone": False,
        "issue": "studio/website#12",
        "seconds": 5_400,
        "spent_at": "2026-11-23T08:00:00Z",
        **changes,
    }


def happy(result: dict[str, Any], description: str = "#12 Navigation") -> Recorded:
    states = Recorded()
    states.enter("Task", "FetchEntries")
    states.add("TaskScheduled", {})
    states.leave("Task", "FetchEntries", {"entries": [{"id": 1, "description": description}]})
    states.enter("Map", "PostEntries")
    started = states.add("MapStateStarted", {"length": 4})
    for index in range(4):
        states.add("MapIterationStarted", {"name": "PostEntries", "index": index}, previous=started)
        states.enter("Task", "PostEntry")
        states.add("TaskScheduled", {})
        states.leave("Task", "PostEntry", {})
        states.add("MapIterationSucceeded", {"name": "PostEntries", "index": index})
    states.leave("Map", "PostEntries")
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.succeed(result)
    return states


def large(planned: int = 430, batches: int = 9) -> Recorded:
    """A run that has handed its entries over and entered PostBatches."""
    states = Recorded()
    states.enter("Task", "FetchEntries")
    handover = {"bucket": BUCKET, "prefix": "runs/run/"}
    parameters = {"FunctionName": "toggl-gitlab-sync-prod-fetch", "Payload": {"handover": handover}}
    states.add("TaskScheduled", {"parameters": json.dumps(parameters)})
    states.leave("Task", "FetchEntries", {"entries": [], "handed_over": True})
    states.enter("Task", "TransformEntries")
    states.add("TaskScheduled", {"parameters": "{}"})
    plan = {"planned": planned, "handed_over": {"batches": batches, "entries": None}}
    states.leave("Task", "TransformEntries", plan)
    if batches:
        states.enter("Map", "PostBatches")
        states.add("MapStateStarted", {"length": batches})
    return states


def begin_batch(states: Recorded, number: int) -> None:
    started = next(event["id"] for event in states.events if event["type"] == "MapStateStarted")
    states.add("MapIterationStarted", {"name": "PostBatches", "index": number}, previous=started)
    states.enter("Task", "PostBatch")
    states.add("TaskScheduled", {})


def post_batch(states: Recorded, number: int) -> None:
    begin_batch(states, number)
    states.leave("Task", "PostBatch", {"created": 50})
    states.add("MapIterationSucceeded", {"name": "PostBatches", "index": number})


def summarised(states: Recorded, **changes: Any) -> Recorded:
    """A large run that ended well: what is in its output, and that its rows are not."""
    result = output() | {"entries": KEY} | changes
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.succeed(result)
    return states


def failed_in(states: Recorded, failed: list[dict[str, Any]], more: int) -> Recorded:
    """A large run that ended red, with entries that failed."""
    result = output(outcome="failed") | {"entries": KEY}
    cause = {"message": f"{len(failed) + more} failed.", "failed": failed, "more": more, "entries": KEY}
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.fail("EntriesFailed", json.dumps(cause))
    return states


def waiting() -> Recorded:
    states = Recorded()
    states.enter("Task", "FetchEntries")
    states.add("TaskScheduled", {})
    states.add("TaskFailed", {"error": "TogglUnavailable", "cause": "connection refused"})
    states.add("TaskScheduled", {})
    cause = json.dumps(
        {"errorMessage": "The hourly quota is used up. Waiting 40 s.", "errorType": "TogglQuotaExceeded"}
    )
    states.add("TaskFailed", {"error": "TogglQuotaExceeded", "cause": cause})
    states.leave("Task", "FetchEntries")
    states.enter("Wait", "WaitForToggl")
    return states


def text_of(states: Recorded, *, terminal: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=150, force_terminal=terminal, markup=False, emoji=False, highlight=False)
    show(follow(states, ARN, console, poll_seconds=0), console)
    return file.getvalue()


def table_text(states: Recorded, seconds: float = 60) -> str:
    console = Console(file=io.StringIO(), width=150, markup=False)
    with console.capture() as capture:
        console.print(states_table(states.timeline(), BEGAN + timedelta(seconds=seconds)))
    return capture.get()


def line_with(text: str, *parts: str) -> str:
    return next(line for line in text.splitlines() if all(part in line for part in parts))


def test_a_file_gets_a_line_for_each_step_and_each_quarter_of_a_map() -> None:
    told = text_of(happy(output(row())))

    lines = [line.split(None, 2)[2] for line in told.splitlines() if line.strip().startswith("+")]
    assert lines == [
        "FetchEntries begins",
        "FetchEntries ends",
        "PostEntries begins",
        "PostEntries: 1 of 4",
        "PostEntries: 2 of 4",
        "PostEntries: 3 of 4",
        "PostEntries: 4 of 4",
        "PostEntries ends",
    ]
    assert "\x1b" not in told


def test_a_terminal_gets_a_table_with_the_maps_progress() -> None:
    told = text_of(happy(output(row())), terminal=True)

    assert "4 of 4" in told
    assert "FetchEntries" in told


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


def test_steps_still_to_come_stand_in_the_order_of_the_run() -> None:
    known = [name for name in Timeline(DEFINITION).known if name in {"FetchEntries", "PostEntries", "Summarise"}]

    assert known == ["FetchEntries", "PostEntries", "Summarise"]


@pytest.mark.parametrize("page", [1, 2, 7, 100])
def test_a_history_of_many_pages_is_taken_in_once_and_in_order(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in ("_PAGE_EVENTS", "_FIRST_PAGE_EVENTS"):
        monkeypatch.setattr(watch, size, page)
    states = happy(output(row()))
    history = watch._History(Patient(states, 0), ARN)
    first, rest = states.events[:9], states.events[9:]

    states.events = list(first)
    seen = [history.news(), history.news()]
    states.events += rest
    seen += [history.news(), history.news()]

    assert [event["id"] for event in itertools.chain(*seen)] == [event["id"] for event in states.events]
    assert [len(news) for news in seen] == [9, 0, len(rest), 0]


def test_the_output_ends_as_tables() -> None:
    told = text_of(happy(output(row(), row(2, outcome="skipped", reason="too_short", issue=None, seconds=299))))

    assert "Synced" in told
    assert line_with(told, "time logged").split()[2] == "1:30"
    assert line_with(told, "too_short", "3")
    assert line_with(told, "duration_mismatch", "1")
    created = line_with(told, "#12 Navigation")
    assert created.split() == ["2026-11-23", "09:00", "#12", "Navigation", "studio/website#12", "1:30", "created"]
    assert line_with(told, "0:04:59").split()[-2:] == ["skipped", "too_short"]


def test_a_failed_run_shows_its_error_its_message_and_the_output_that_it_had() -> None:
    result = output(row(outcome="failed", reason="no_permission"), outcome="failed")
    states = Recorded()
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.enter("Fail", "Failed")
    states.fail("EntriesFailed", json.dumps({"message": "1 of the entries could not be posted.", "failed": []}))

    told = text_of(states)

    assert "FAILED: EntriesFailed" in told
    assert "1 of the entries could not be posted." in told
    assert line_with(told, "2026-11-23 09:00").split()[-2:] == ["failed", "no_permission"]


def test_a_run_that_failed_before_its_totals_shows_what_there_is() -> None:
    states = Recorded()
    states.fail("States.Runtime", "no JSON, but words of AWS")

    told = text_of(states)

    assert "FAILED: States.Runtime" in told
    assert "no JSON, but words of AWS" in told
    assert "totals" not in told


def test_a_run_of_many_events_that_is_watched_only_now_is_read_in_few_pages() -> None:
    states = large(planned=2_000, batches=40)
    for number in range(40):
        post_batch(states, number)
    history = watch._History(Patient(states, 0), ARN)

    news = history.news()

    assert len(news) == len(states.events) > 200
    assert states.pages_read == 1


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

    told = text_of(summarised(states))

    assert [line.split(None, 2)[2] for line in told.splitlines() if "PostEntry" in line] == [
        "PostEntry: AmbiguousWrite: no answer came",
        "SettlePostEntry begins, for AmbiguousWrite: no answer came",
        "PostEntry: States.Timeout",
        "LetPostEntryEnd begins, until its function has surely ended, after States.Timeout",
        "SettlePostEntry begins, for States.Timeout",
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

    told = [line for line in text_of(summarised(states)).splitlines() if "PostBatches: " in line]

    assert len(told) == 20
    assert told[0].endswith("PostBatches: 5 of 100 batches, 250 of 4,990 entries")
    assert told[-1].endswith("PostBatches: 100 of 100 batches, 4,990 of 4,990 entries")


def test_only_the_steps_of_the_way_that_a_run_takes_are_still_to_come() -> None:
    of_a_large_one = table_text(large())
    of_another = table_text(waiting())

    assert "CollectOutcomes" in of_a_large_one
    assert "PostEntries" not in of_a_large_one
    assert "PostEntries" in of_another
    assert "PostBatches" not in of_another
    assert "CollectOutcomes" not in of_another


def test_a_batch_that_needs_another_call_is_no_trouble() -> None:
    states = large()
    begin_batch(states, 0)
    states.add("TaskFailed", {"error": "CallUnfinished", "cause": "another call goes on"})
    states.add("TaskScheduled", {})

    shown = line_with(table_text(states), "  PostBatch ")
    told = text_of(summarised(states))

    assert shown.startswith("▸")
    assert "continued once" in shown
    assert "retr" not in shown
    assert "CallUnfinished" not in shown + told


def test_a_batch_that_settles_says_what_for() -> None:
    states = large()
    begin_batch(states, 0)
    states.add("TaskFailed", {"error": "AmbiguousWrite", "cause": "no answer came"})
    states.leave("Task", "PostBatch")
    states.enter("Wait", "SettlePostBatch")

    assert "for AmbiguousWrite: no answer came" in line_with(table_text(states), "SettlePostBatch")


def test_a_large_run_ends_with_its_totals_and_the_command_that_gets_its_rows() -> None:
    told = text_of(summarised(large()))

    assert line_with(told, "time logged").split()[2] == "1:30"
    assert told.splitlines()[-1] == WHERE
    assert "failed entries" not in told


def test_a_large_dry_run_says_where_its_rows_are() -> None:
    key = "runs/run/5bd7/entries.jsonl"

    told = text_of(summarised(large(batches=0), outcome="dry_run", dry_run=True, entries=key))

    assert "nothing was written" in told
    assert told.splitlines()[-1] == WHERE.replace(KEY, key)


def test_a_large_run_that_failed_shows_the_first_failed_entries_how_many_more_and_where_all_are() -> None:
    failed: list[dict[str, Any]] = [
        {"entry_id": 1, "issue": "studio/website#12", "reason": "no_permission"},
        {"entry_id": 2, "issue": None, "reason": "Too much."},
    ]

    told = text_of(failed_in(large(), failed, more=58))

    assert "60 failed." in told
    assert line_with(told, "no_permission").split() == ["1", "studio/website#12", "no_permission"]
    assert line_with(told, "Too much.").split() == ["2", "Too", "much."]
    assert "and 58 more" in told
    assert told.splitlines()[-1] == WHERE


def test_the_command_is_one_word_a_place_whatever_a_person_has_called_the_execution() -> None:
    key = "runs/it's $(me)/entries.jsonl"

    command = text_of(summarised(large(), entries=key)).splitlines()[-1]

    assert shlex.split(command)[-2:] == [f"s3://{BUCKET}/{key}", "entries.jsonl"]


def test_a_history_without_the_bucket_leaves_the_key() -> None:
    told = text_of(happy(output() | {"entries": KEY}))

    assert f"Their key is {KEY}" in told


@pytest.mark.parametrize("terminal", [True, False])
def test_hostile_texts_neither_steer_the_terminal_nor_count_as_markup(terminal: bool) -> None:
    states = happy(output(row(issue=HOSTILE, reason=HOSTILE)), description=HOSTILE)
    states.execution["status"] = "FAILED"
    states.execution |= {"error": HOSTILE, "cause": json.dumps({"message": HOSTILE})}

    told = text_of(states, terminal=terminal)

    assert "[bold red]#12[/]" in told
    for raw in ("\x1b]0", "\x1b[2J[", "\x07", "\x00", "\u202e", "\ud800"):
        assert raw not in told


def test_untrusted_text_becomes_one_line_of_limited_length() -> None:
    assert printable("a\r\nb\tc\x9bd") == "a b c d"
    assert printable("x" * 300, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (900, "0:15"), (299, "0:04:59"), (32_400, "9:00"), (360_060, "100:01")]
)
def test_seconds_are_shown_as_hours_and_minutes(seconds: int, shown: str) -> None:
    assert hours(seconds) == shown


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"message": "Set the token."}', "Set the token."),
        ('{"errorMessage": "Boom", "errorType": "E"}', "Boom"),
        ('{"message": 5}', '{"message": 5}'),
        ("[1]", "[1]"),
        ("plain words", "plain words"),
        (None, ""),
    ],
)
def test_a_causes_message_is_what_it_says_to_a_person(cause: str | None, message: str) -> None:
    assert message_in(cause) == message
