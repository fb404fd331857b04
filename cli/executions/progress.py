"""How an execution gets on: as a live table in a terminal, else a line at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.executions.states import INLINE_STATES, LARGE_STATES, MAIN_WAY, State
from cli.executions.timeline import Activity, Timeline, details_of
from cli.terminal.text import counted, printable, safe
from contract.errors import CallUnfinished

_ALWAYS_SHOWN = frozenset({"Task", "Map"})
_NEVER_SHOWN = frozenset({"Choice"})  # they take no time
_WITH_LINES = frozenset({"Task", "Map", "Wait"})

Show = Callable[[Iterable[Mapping[str, Any]]], None]
"""Takes in new events, and shows what they changed."""


@contextmanager
def shown_on(console: Console, timeline: Timeline, *, verbose: bool = False) -> Iterator[Show]:
    """What shows new events on a console, in the timeline that they are taken into."""
    if not console.is_terminal:
        yield lambda events: _print_lines(timeline, events, console)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def redraw(events: Iterable[Mapping[str, Any]]) -> None:
            for event in events:
                timeline.observe(event)
            live.update(table_while_running(timeline, datetime.now(UTC), console), refresh=True)

        try:
            yield redraw
        finally:
            live.stop()
            console.print(states_table(timeline, datetime.now(UTC), verbose=verbose))


def table_while_running(timeline: Timeline, now: datetime, console: Console) -> Table:
    """The states as far as the window has room: those to come are counted first, then those before the latest."""

    def fits(hidden: int | None) -> bool:
        return len(console.render_lines(states_table(timeline, now, hidden=hidden))) < console.height

    # The more are hidden, the fewer lines: the smallest number that fits.
    before_the_latest = range(len(list(_in_order(timeline))) - 1)
    hidden = None if fits(None) else bisect_left(before_the_latest, x=True, key=fits)
    return states_table(timeline, now, hidden=hidden)


def states_table(timeline: Timeline, now: datetime, *, verbose: bool = False, hidden: int | None = None) -> Table:
    """The states with what they are doing: those that were entered, then the steps still to come.

    verbose: at the end, those that were not needed too. hidden: how many of the first ones are only counted, as all
    that are still to come are then; None shows them all.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (("", "left"), ("state", "left"), ("began", "right"), ("took", "right"), ("", "left")):
        table.add_column(Text(heading, style="dim"), justify=justify, no_wrap=heading != "")  # type: ignore[arg-type]
    if hidden:
        table.add_row("", Text(f"{counted(hidden, 'state')} before", "dim"))
    for activity in list(_in_order(timeline))[hidden or 0 :]:
        sign, style = _sign_of(activity, timeline)
        end = activity.ended if activity.running <= 0 and activity.ended else timeline.ended or now
        name = Text(f"{'  ' if activity.state.map else ''}{printable(activity.state.name, 60)}", style=style)
        began = "" if timeline.began is None else f"+{_seconds(activity.began - timeline.began)}"
        table.add_row(Text(sign, style=style), name, began, _seconds(end - activity.began), _remark(activity, timeline))
    if timeline.ended is not None and not verbose:
        return table
    others = list(_to_come(timeline) if timeline.ended is None else _not_needed(timeline))
    if hidden is not None:
        table.add_row("", Text(f"{counted(len(others), 'state')} to come", "dim"))
        return table
    for state in others:
        remark = state.words if timeline.ended is None else "was not needed"
        table.add_row("·", safe(state.name, "dim", 60), "", "", safe(remark, "dim"))
    return table


def _to_come(timeline: Timeline) -> Iterator[State]:
    """The steps of the main way that a run still has before it."""
    other_way = INLINE_STATES if timeline.is_large else LARGE_STATES
    way = [state for name in MAIN_WAY if name not in other_way and (state := timeline.states.get(name))]
    left = list(takewhile(lambda state: state.name not in timeline.activities, reversed(way)))
    return reversed(left)


def _not_needed(timeline: Timeline) -> Iterator[State]:
    """The steps that a run that is over has not come to."""
    for state in timeline.states.values():
        if state.kind in _ALWAYS_SHOWN and state.map is None and state.name not in timeline.activities:
            yield state


def _in_order(timeline: Timeline) -> Iterator[Activity]:
    """As they were entered; in a Map, where that differs from one iteration to the next, as the definition has them."""
    places = {name: place for place, name in enumerate(timeline.states)}
    shown = [one for one in timeline.activities.values() if one.state.kind not in _NEVER_SHOWN]
    inside = sorted(shown, key=lambda one: places.get(one.state.name, len(places)))
    for activity in shown:
        if activity.state.map is None:
            yield activity
            yield from (inner for inner in inside if inner.state.map == activity.state.name)


def _sign_of(activity: Activity, timeline: Timeline) -> tuple[str, str]:
    """A state's sign and style, by how it stands."""
    if activity.state.kind == "Fail" or (activity.running > 0 and timeline.ended is not None):
        return "✗", "red"
    if activity.running > 0 and activity.state.kind == "Wait":
        return "◷", "yellow"
    if activity.running > 0:
        return ("↻", "yellow") if activity.failing > 0 else ("▸", "cyan")
    # In a Map one of many may have failed; elsewhere an error that was followed by a better try is over.
    in_error = activity.exited_in_error > 0 if activity.state.map else activity.last_exit_in_error
    return ("!", "yellow") if in_error else ("✓", "green")


def _remark(activity: Activity, timeline: Timeline) -> RenderableType:
    if activity.state.kind == "Map":
        grid = Table.grid(padding=(0, 1))
        done, total, words = activity.progress
        grid.add_row(ProgressBar(total=max(total, 1), completed=done, width=24), words)
        return grid
    parts = []
    if activity.entered > 1:
        parts.append(f"{activity.exited} of {activity.entered}" if activity.state.map else f"{activity.entered} times")
    if activity.continued:
        parts.append(f"continued {'once' if activity.continued == 1 else f'{activity.continued} times'}")
    if activity.retries:
        parts.append("1 retry" if activity.retries == 1 else f"{activity.retries} retries")
    if activity.waits_for:
        parts.append(activity.waits_for)
    elif activity.trouble:
        parts.append(activity.trouble)
    if not parts and activity.running > 0 and timeline.ended is None:
        parts.append(activity.state.words)
    return safe(", ".join(parts), "yellow" if activity.trouble or activity.waits_for else "dim", 1_000)


def _print_lines(timeline: Timeline, events: Iterable[Mapping[str, Any]], console: Console) -> None:
    """For a file or a pipe: a line when a step begins, for each trouble, and as a Map gets on."""
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
    if activity is None or activity.state.kind not in _WITH_LINES or kind.startswith("Execution"):
        return None
    if kind.startswith("MapIteration"):
        return _milestone(activity) if kind != "MapIterationStarted" else None
    error = details_of(event).get("error")
    if error == CallUnfinished.__name__:
        return None
    if error is not None:
        return f"{name}: {activity.trouble}"
    if kind == "WaitStateEntered" and activity.waits_for:
        return f"{name}: waits {activity.waits_for}"
    begins = kind.endswith("StateEntered") and surrounding_map is None
    return f"{name}: {activity.state.words}" if begins else None


def _milestone(activity: Activity) -> str | None:
    """At each quarter of a Map, at each twentieth of a large run, which may take hours."""
    done, items, parts = activity.items_done, activity.items, 20 if activity.writes else 4
    reached = done * parts // max(items, 1) > (done - 1) * parts // max(items, 1)
    return f"{activity.state.name}: {activity.progress[2]}" if reached else None


def _seconds(span: timedelta) -> str:
    return f"{max(0.0, span.total_seconds()):.1f} s"
