"""Follows an execution of the state machine in a terminal and ends with its output as tables.

It needs nothing but a boto3 Step Functions client, so it shows a run on AWS as well as a local one. The rows of a large
run are in S3; it says where, and reads nothing there.
"""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.deployment.patience import Patient
from cli.terminal.console import hours, local_time, one_line, printable, safe
from contract.errors import CallUnfinished
from contract.limits import BATCH_WRITES

RUNNING = "RUNNING"
OUTPUT_STATE = "Summarise"
"""The state whose exit has the run's output, also when the run then fails."""

ENTRIES_STATE = "FetchEntries"
"""The state whose exit has the entries with their descriptions, which the output does not repeat."""

PLAN_STATE = "TransformEntries"
"""The state whose exit says how much is planned, and whether it was handed over in S3."""

BATCHES_STATE = "PostBatches"
"""The Map over a large run's batches."""

_LARGE_STATES = frozenset({BATCHES_STATE, "CollectOutcomes"})
_INLINE_STATES = frozenset({"PostEntries"})
"""Where a large run and one that is not go different ways."""

_UNTIL_IT_ENDED = "until its function has surely ended"
"""What LetPostEntryEnd and its like wait for, after a failure in which a function may live on."""

_PAGE_EVENTS = 100
_FIRST_PAGE_EVENTS = 1_000  # what is watched only now may have thousands of events already
_LATE_SECONDS = 5.0  # on AWS the history may lag a little behind the status
_ALWAYS_SHOWN = frozenset({"Task", "Map"})
_NEVER_SHOWN = frozenset({"Choice"})  # they take no time
_TOLD = frozenset({"Task", "Map", "Wait", "Fail"})
_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})
_COLOURS = {
    "created": "green",
    "replaced": "cyan",
    "deleted": "magenta",
    "kept": "default",
    "skipped": "yellow",
    "failed": "bold red",
}
_HEADLINES = {
    "synced": ("Synced", "bold green"),
    "nothing_to_sync": ("Nothing to sync: GitLab has it all", "bold green"),
    "dry_run": ("Dry run: this is what would happen, nothing was written", "bold cyan"),
    "failed": ("Failed", "bold red"),
}


@dataclass(frozen=True)
class Known:
    """A state as the definition has it; `map` is the Map in which it is."""

    name: str
    kind: str
    comment: str
    map: str | None


@dataclass
class Activity:
    """What happened in one state so far; in a Map, in all of its iterations together."""

    known: Known
    began: datetime
    entered: int = 0
    exited: int = 0
    exited_in_error: int = 0
    last_exit_in_error: bool = False
    ended: datetime | None = None
    calls: int = 0
    failing: int = 0
    trouble: str = ""
    waits_for: str = ""
    items: int = 0
    items_done: int = 0
    writes: int = 0
    writes_done: int = 0
    continued: int = 0

    @property
    def running(self) -> int:
        return self.entered - self.exited

    @property
    def retries(self) -> int:
        return max(0, self.calls - self.entered - self.continued)

    @property
    def progress(self) -> tuple[int, int, str]:
        """Of a Map: how much is done, of how much, and both in words. A batch is done as a whole."""
        if not self.writes:
            return self.items_done, self.items, f"{self.items_done} of {self.items}"
        batches = f"{self.items_done} of {self.items} batches"
        return self.writes_done, self.writes, f"{batches}, {self.writes_done:,} of {self.writes:,} entries"


@dataclass(frozen=True)
class Rows:
    """Where the rows of a large run's output are in S3. bucket: None when the history does not say."""

    key: str
    bucket: str | None
    region: str

    @property
    def url(self) -> str | None:
        return None if self.bucket is None else f"s3://{self.bucket}/{self.key}"

    def how_to_get(self) -> str | None:
        """The command that fetches them into a file of the current folder, whatever the execution is called."""
        if self.url is None:
            return None
        return shlex.join(["aws", "s3", "cp", "--region", self.region, self.url, self.key.rpartition("/")[2]])


@dataclass(frozen=True)
class Ended:
    """How an execution ended.

    Attributes:
        output: the run's output, also of a failed run that got as far as its totals; None without any.
        error, message: why it failed; the cause's message when the cause is the state machine's JSON.
        descriptions: of the entries, by id, as far as the history has them.
        failed: the first failed entries as the cause lists them; a large run's output has no rows. more: how many it
            does not list.
        rows: where a large run's rows are.
    """

    status: str
    output: dict[str, Any] | None = None
    error: str | None = None
    message: str | None = None
    descriptions: Mapping[int, str] = field(default_factory=dict)
    failed: tuple[Mapping[str, Any], ...] = ()
    more: int = 0
    rows: Rows | None = None

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"


@dataclass(frozen=True)
class _Place:
    """Where an event belongs: its state, the Map around it, and the latest failure in its line of states."""

    state: str = ""
    map: str | None = None
    failure: str = ""
    failed_just_now: bool = False


class Timeline:
    """An execution as its history tells it: feed it the events in order, each once."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.known = {state.name: state for state in _outline(definition, None)}
        self.activities: dict[str, Activity] = {}
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.status = RUNNING
        self.output: dict[str, Any] | None = None
        self.descriptions: dict[int, str] = {}
        self.bucket: str | None = None
        self.planned = 0
        self.is_large = False
        self._places: dict[int, _Place] = {0: _Place()}

    def observe(self, event: Mapping[str, Any]) -> None:
        """Take in one event, as boto3's `get_execution_history` gives it."""
        kind: str = event["type"]
        before = self._places.get(event.get("previousEventId", 0), _Place())
        details = _details_of(event)
        place = before
        if kind.endswith("StateEntered"):
            place = self._enter(kind.removesuffix("StateEntered"), details, before, event["timestamp"])
        elif kind.endswith("StateExited"):
            place = self._exit(details, before, event["timestamp"])
        elif kind.startswith(("Map", "Execution")):
            place = self._progress(kind, details, before, event["timestamp"])
        elif kind in {"TaskScheduled", "LambdaFunctionScheduled"}:
            place = self._call(details, before)
        elif details.get("error") == CallUnfinished.__name__:
            place = self._go_on(before)
        elif "error" in details:
            place = self._fail(details, before)
        self._places[event["id"]] = place

    def place_of(self, event: Mapping[str, Any]) -> tuple[str, str | None]:
        """The state and the Map of an event that was observed."""
        place = self._places[event["id"]]
        return place.state, place.map

    def _enter(self, kind: str, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        name = details["name"]
        known = self.known.get(name) or Known(name, kind, "", before.map)
        activity = self.activities.setdefault(name, Activity(known, at))
        activity.entered += 1
        activity.waits_for = _waits_for(name, before.failure) if kind == "Wait" else ""
        return _Place(name, known.map, before.failure)

    def _exit(self, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        name = details["name"]
        activity = self.activities[name]
        activity.exited += 1
        activity.ended = at
        activity.last_exit_in_error = before.failed_just_now and before.state == name
        if activity.last_exit_in_error:
            activity.failing -= 1
            activity.exited_in_error += 1
        if name == OUTPUT_STATE:
            self.output = _object_in(details.get("output"))
        if name == ENTRIES_STATE:
            self.descriptions = _descriptions_in(details.get("output"))
        if name == PLAN_STATE and (plan := _object_in(details.get("output"))):
            self.planned = plan.get("planned", 0)
            self.is_large = isinstance(plan.get("handed_over"), dict)
        # What a task went through is over once it is left in peace; a caught failure is what comes next is about.
        failure = before.failure if before.failed_just_now or activity.known.kind != "Task" else ""
        return _Place(name, activity.known.map, failure)

    def _progress(self, kind: str, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        if kind == "ExecutionStarted":
            self.began = at
        elif kind in _ENDS:
            self.ended, self.status = at, kind.removeprefix("Execution").upper()
        elif kind == "MapStateStarted":
            activity = self.activities[before.state]
            activity.items += details["length"]
            activity.writes = self.planned if before.state == BATCHES_STATE else 0
        elif kind in {"MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted"}:
            activity = self.activities[details["name"]]
            activity.items_done += 1
            # Every batch is full but the last one.
            activity.writes_done += max(0, min(BATCH_WRITES, activity.writes - details["index"] * BATCH_WRITES))
            return _Place(details["name"])
        elif kind == "MapIterationStarted":
            return _Place(before.state, before.state)
        return before

    def _call(self, details: Mapping[str, Any], before: _Place) -> _Place:
        if self.bucket is None:
            self.bucket = _bucket_in(details.get("parameters"))
        activity = self.activities[before.state]
        activity.calls += 1
        if before.failed_just_now:
            activity.failing -= 1
        return _Place(before.state, before.map, before.failure)

    def _go_on(self, before: _Place) -> _Place:
        """A step that needs another call to get done is no trouble."""
        self.activities[before.state].continued += 1
        return _Place(before.state, before.map, before.failure)

    def _fail(self, details: Mapping[str, Any], before: _Place) -> _Place:
        failure = ": ".join(filter(None, (details["error"], message_in(details.get("cause")))))
        if activity := self.activities.get(before.state):
            activity.failing += not before.failed_just_now
            activity.trouble = failure
        return _Place(before.state, before.map, failure, failed_just_now=True)


def follow(states: Any, execution_arn: str, console: Console, *, poll_seconds: float = 0.1) -> Ended:
    """Show an execution until it ends; live in a terminal, else line by line.

    states: a boto3 Step Functions client. Raises what its calls raise, but goes on asking while AWS throttles, fails or
    cannot be reached.
    """
    ask = Patient(states, poll_seconds)
    machine = ask("describe_state_machine_for_execution", executionArn=execution_arn)
    timeline = Timeline(json.loads(machine["definition"]))
    history = _History(ask, execution_arn)
    with _view(timeline, console) as redraw:
        while True:
            # The status first: a history read after the end is whole.
            execution = ask("describe_execution", executionArn=execution_arn)
            redraw(history.news())
            if execution["status"] != RUNNING:
                break
            time.sleep(poll_seconds)
        deadline = time.monotonic() + _LATE_SECONDS
        while timeline.ended is None and time.monotonic() < deadline:
            time.sleep(poll_seconds)
            redraw(history.news())
    return _ended(execution_arn, execution, timeline)


def _ended(execution_arn: str, execution: Mapping[str, Any], timeline: Timeline) -> Ended:
    output = _object_in(execution.get("output")) or timeline.output
    cause = execution.get("cause")
    key = None if output is None else output.get("entries")
    return Ended(
        status=execution["status"],
        output=output,
        error=execution.get("error"),
        message=None if cause is None else message_in(cause),
        descriptions=timeline.descriptions,
        failed=_failed_in(cause),
        more=(_object_in(cause) or {}).get("more", 0),
        rows=Rows(key, timeline.bucket, execution_arn.split(":")[3]) if isinstance(key, str) else None,
    )


class _History:
    """Reads what is new, newest first: a page token shows only what there was when it was given out."""

    def __init__(self, ask: Callable[..., Any], execution_arn: str) -> None:
        self._ask = ask
        self._arn = execution_arn
        self._last_id = 0

    def news(self) -> list[dict[str, Any]]:
        news: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        page_events = _PAGE_EVENTS if self._last_id else _FIRST_PAGE_EVENTS
        while True:
            page = self._ask(
                "get_execution_history",
                executionArn=self._arn,
                maxResults=page_events,
                reverseOrder=True,
                includeExecutionData=True,
                **more,
            )
            fresh = [event for event in page["events"] if event["id"] > self._last_id]
            news += fresh
            if len(fresh) < len(page["events"]) or "nextToken" not in page:
                break
            more = {"nextToken": page["nextToken"]}
        news.reverse()
        if news:
            self._last_id = news[-1]["id"]
        return news


@contextmanager
def _view(timeline: Timeline, console: Console) -> Iterator[Callable[[Iterable[Mapping[str, Any]]], None]]:
    if not console.is_terminal:
        yield lambda events: _print_lines(timeline, events, console)
        return
    with Live(console=console, auto_refresh=False) as live:

        def redraw(events: Iterable[Mapping[str, Any]]) -> None:
            for event in events:
                timeline.observe(event)
            live.update(states_table(timeline, datetime.now(UTC)), refresh=True)

        yield redraw


def states_table(timeline: Timeline, now: datetime) -> Table:
    """The states with what they are doing: those that were entered, then the steps still to come."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("", "left"), ("state", "left"), ("began", "right"), ("took", "right"), ("", "left")):
        table.add_column(Text(heading, style="dim"), justify=justify, no_wrap=heading != "")  # type: ignore[arg-type]
    for activity in _in_order(timeline):
        sign, style = _sign_of(activity, timeline)
        end = activity.ended if activity.running <= 0 and activity.ended else timeline.ended or now
        name = Text(f"{'  ' if activity.known.map else ''}{printable(activity.known.name, 60)}", style=style)
        began = "" if timeline.began is None else f"+{_seconds(activity.began - timeline.began)}"
        table.add_row(Text(sign, style=style), name, began, _seconds(end - activity.began), _remark(activity, timeline))
    other_way = _INLINE_STATES if timeline.is_large else _LARGE_STATES
    for known in timeline.known.values():
        if known.name in timeline.activities or known.name in other_way:
            continue
        if known.kind in _ALWAYS_SHOWN and known.map is None:
            remark = known.comment if timeline.ended is None else "was not needed"
            table.add_row("·", safe(known.name, "dim", 60), "", "", safe(remark, "dim"))
    return table


def _in_order(timeline: Timeline) -> Iterator[Activity]:
    """As they were entered; in a Map, where that differs from one iteration to the next, as the definition has them."""
    places = {name: place for place, name in enumerate(timeline.known)}
    shown = [one for one in timeline.activities.values() if one.known.kind not in _NEVER_SHOWN]
    inside = sorted(shown, key=lambda one: places.get(one.known.name, len(places)))
    for activity in shown:
        if activity.known.map is None:
            yield activity
            yield from (inner for inner in inside if inner.known.map == activity.known.name)


def _sign_of(activity: Activity, timeline: Timeline) -> tuple[str, str]:
    """A state's sign and style, by how it stands."""
    if activity.known.kind == "Fail" or (activity.running > 0 and timeline.ended is not None):
        return "✗", "red"
    if activity.running > 0 and activity.known.kind == "Wait":
        return "◷", "yellow"
    if activity.running > 0:
        return ("↻", "yellow") if activity.failing > 0 else ("▸", "cyan")
    # In a Map one of many may have failed; elsewhere an error that was followed by a better try is over.
    in_error = activity.exited_in_error > 0 if activity.known.map else activity.last_exit_in_error
    return ("!", "yellow") if in_error else ("✓", "green")


def _remark(activity: Activity, timeline: Timeline) -> RenderableType:
    if activity.known.kind == "Map":
        grid = Table.grid(padding=(0, 1))
        done, total, words = activity.progress
        grid.add_row(ProgressBar(total=max(total, 1), completed=done, width=24), words)
        return grid
    parts = []
    if activity.entered > 1:
        parts.append(f"{activity.exited} of {activity.entered}" if activity.known.map else f"{activity.entered} times")
    if activity.continued:
        parts.append(f"continued {'once' if activity.continued == 1 else f'{activity.continued} times'}")
    if activity.retries:
        parts.append("1 retry" if activity.retries == 1 else f"{activity.retries} retries")
    if activity.waits_for:
        parts.append(activity.waits_for)
    elif activity.trouble:
        parts.append(activity.trouble)
    if not parts and activity.running > 0 and timeline.ended is None:
        parts.append(activity.known.comment)
    return safe(", ".join(parts), "yellow" if activity.trouble or activity.waits_for else "dim")


def _print_lines(timeline: Timeline, events: Iterable[Mapping[str, Any]], console: Console) -> None:
    """For a file or a pipe: a line when a step begins and ends, for each trouble, and as a Map gets on."""
    for event in events:
        timeline.observe(event)
        line = _line_of(event, timeline)
        if line and timeline.began is not None:
            since = f"+{_seconds(event['timestamp'] - timeline.began)}"
            console.print(Text(f"{since:>10}  ", style="dim").append(safe(line, "not dim", 1_000)))


def _line_of(event: Mapping[str, Any], timeline: Timeline) -> str | None:
    kind = event["type"]
    name, surrounding_map = timeline.place_of(event)
    activity = timeline.activities.get(name)
    if activity is None or activity.known.kind not in _TOLD or kind.startswith("Execution"):
        return None
    if kind.startswith("MapIteration"):
        return _milestone(activity) if kind != "MapIterationStarted" else None
    error = _details_of(event).get("error")
    if error == CallUnfinished.__name__:
        return None
    if error is not None:
        return f"{name}: {activity.trouble}"
    if kind == "WaitStateEntered" and activity.waits_for:
        return f"{name} begins, {activity.waits_for}"
    words = {"StateEntered": "begins", "StateExited": "ends"}
    word = next((word for ending, word in words.items() if kind.endswith(ending) and surrounding_map is None), None)
    return f"{name} {word}" if word else None


def _milestone(activity: Activity) -> str | None:
    """At each quarter of a Map, at each twentieth of a large run, which may take hours."""
    done, items, parts = activity.items_done, activity.items, 20 if activity.writes else 4
    reached = done * parts // max(items, 1) > (done - 1) * parts // max(items, 1)
    return f"{activity.known.name}: {activity.progress[2]}" if reached else None


def show(ended: Ended, console: Console, *, only: frozenset[str] | None = None) -> None:
    """Print how a run ended. only: show the entries of these outcomes, all by default."""
    output = ended.output
    headline, style = _HEADLINES.get(output["outcome"] if output else "failed", ("Ended", "bold"))
    if not ended.succeeded:
        headline, style = f"{ended.status}: {ended.error or 'without an error name'}", "bold red"
    console.print()
    console.print(safe(headline, style))
    if ended.message:
        console.print(safe(ended.message, limit=2_000))
    if output is None:
        return
    window = output["window"]
    timezone = window["timezone"]
    span = f"{local_time(window['start'], timezone)} to {local_time(window['end'], timezone)} ({timezone})"
    console.print(safe(span, "dim"))
    if window.get("gap"):
        gap = window["gap"]
        console.print(
            safe(f"Not reached any more: {gap['start']} to {gap['end']}. Start a run for these days.", "yellow")
        )
    console.print()
    console.print(Columns(_tallies(output), padding=(0, 4)))
    console.print()
    if ended.rows is None:
        _show_entries(ended, output["entries"], timezone, console, only)
        return
    _show_failed(ended, console)
    _show_where(ended.rows, console)


def _tallies(output: Mapping[str, Any]) -> list[Table]:
    totals = dict(output["totals"])
    logged = totals.pop("seconds_logged")
    rows = [(key.replace("_", " "), str(value)) for key, value in totals.items()]
    tables = [_tally("totals", [*rows, ("time logged", hours(logged))])]
    for title, key in (("skipped, by reason", "skipped_by_reason"), ("warnings", "warnings")):
        if output[key]:
            tables.append(_tally(title, [(reason, str(count)) for reason, count in output[key].items()]))
    return tables


def _tally(title: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        style = "dim" if value == "0" else ""
        table.add_row(safe(name, style, 60), Text(value, style=style))
    return table


def _show_entries(ended: Ended, rows: Any, timezone: str, console: Console, only: frozenset[str] | None) -> None:
    shown = [row for row in rows if only is None or row["outcome"] in only]
    if not shown:
        return
    table = Table(title=Text("entries", style="bold"), title_justify="left", box=None, pad_edge=False)
    table.add_column("start", no_wrap=True)
    table.add_column("tracked as" if ended.descriptions else "entry")
    table.add_column("issue", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("reason", min_width=20)
    for row in shown:
        remarks = (row["reason"], row["warning"], "gone from Toggl" if row["gone"] else None)
        table.add_row(
            local_time(row["spent_at"], timezone),
            one_line(ended.descriptions.get(row["entry_id"], row["entry_id"])),
            safe(row["issue"] or ""),
            hours(row["seconds"]),
            safe(row["outcome"], _COLOURS.get(row["outcome"], "")),
            safe(", ".join(filter(None, remarks)), limit=300),
        )
    console.print(table)


def _show_failed(ended: Ended, console: Console) -> None:
    """The failed entries of a cause, which lists the first ones only."""
    if not ended.failed:
        return
    table = Table(title=Text("failed entries", style="bold"), title_justify="left", box=None, pad_edge=False)
    for heading in ("entry", "issue", "reason"):
        table.add_column(heading)
    for row in ended.failed:
        table.add_row(*(safe(row.get(key) or "", limit=300) for key in ("entry_id", "issue", "reason")))
    console.print(table)
    if ended.more:
        console.print(safe(f"and {ended.more} more: the rows have all of them", "yellow"))
    console.print()


def _show_where(rows: Rows, console: Console) -> None:
    """How to get at a large run's rows; the command stays on one line, to be copied."""
    console.print(safe("The rows of the entries are in S3, for a month after the run. To get them:"))
    command = rows.how_to_get()
    place = f"The run does not say in which bucket. Their key is {rows.key}" if command is None else command
    console.print(safe(place, limit=1_000), soft_wrap=True)


def _waits_for(name: str, failure: str) -> str:
    """Why a Wait state waits, in words; nothing without a failure before it."""
    if not failure:
        return ""
    if name.startswith("Let") and name.endswith("End"):
        return f"{_UNTIL_IT_ENDED}, after {failure}"
    return f"for {failure}"


def message_in(cause: str | None) -> str:
    """What a cause says to a person: the message of the state machine's or of Lambda's JSON, else the cause itself."""
    value = _object_in(cause) or {}
    message = value.get("message") or value.get("errorMessage")
    return message if isinstance(message, str) else cause or ""


def _failed_in(cause: str | None) -> tuple[Mapping[str, Any], ...]:
    failed = (_object_in(cause) or {}).get("failed")
    return tuple(row for row in failed if isinstance(row, dict)) if isinstance(failed, list) else ()


def _object_in(text: str | None) -> dict[str, Any] | None:
    """The JSON object in a text; None when there is none, as in a cause of AWS's own or in cut data."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _bucket_in(parameters: str | None) -> str | None:
    """The bucket of the hand-over in what a Lambda is called with; other tasks have none."""
    payload = (_object_in(parameters) or {}).get("Payload")
    handover = payload.get("handover") if isinstance(payload, dict) else None
    bucket = handover.get("bucket") if isinstance(handover, dict) else None
    return bucket if isinstance(bucket, str) else None


def _descriptions_in(output: str | None) -> dict[int, str]:
    entries = (_object_in(output) or {}).get("entries")
    if not isinstance(entries, list):
        return {}
    return {entry["id"]: entry["description"] or "(no description)" for entry in entries}


def _details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [value for key, value in event.items() if key.endswith("EventDetails")]
    details: Mapping[str, Any] = found[0] if found else {}
    return details


def _outline(definition: Mapping[str, Any], surrounding_map: str | None) -> Iterator[Known]:
    """The states in the order in which a run comes to them, those inside a Map after it."""
    for name in reversed(_last_first(definition["States"], definition["StartAt"], [], set())):
        state = definition["States"][name]
        yield Known(name, state["Type"], state.get("Comment", ""), surrounding_map)
        if "ItemProcessor" in state:
            yield from _outline(state["ItemProcessor"], name)


def _last_first(states: Mapping[str, Any], name: str, order: list[str], seen: set[str]) -> list[str]:
    """Append the states that can be reached from one, each after all that can follow it; loops back count once."""
    seen.add(name)
    state = states[name]
    ways = [*state.get("Catch", ()), *state.get("Choices", ()), state, {"Next": state.get("Default")}]
    for following in (way.get("Next") for way in ways):
        if following is not None and following not in seen:
            _last_first(states, following, order, seen)
    order.append(name)
    return order


def _seconds(span: timedelta) -> str:
    return f"{max(0.0, span.total_seconds()):.1f} s"
