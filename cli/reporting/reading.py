"""Reads a report's range from both services, in this process. It only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.planning.decision import decide_in_process
from cli.reporting.lines import DESCRIPTION_CHARACTERS, Known, lines_of, orphans_of
from cli.reporting.model import OtherTime, Report
from cli.terminal.days import Days
from cli.terminal.text import printable
from contract.settings import Settings
from contract.state import SyncState
from contract.vocabulary import EntryWarning
from functions.fetch.entries import read_entries
from functions.fetch.window import resolve
from functions.shared.gitlab.client import GitLab
from functions.shared.marker import marked_entry_id
from functions.shared.model.entry import Window
from functions.shared.model.place import project_in
from functions.shared.toggl.client import Toggl
from functions.transform.pipeline import Decided

AROUND = timedelta(days=31)
"""How far around the range Toggl is asked for entries that are on GitLab in it: they may have been moved out of it."""


def read_report(
    days: Days,
    settings: Settings,
    *,
    toggl: Toggl,
    gitlab: GitLab,
    now: datetime,
    state: SyncState,
    last_due: datetime | None = None,
) -> Report:
    """The report of some days, by the settings of a run.

    state: what the deployment's runs have left, an empty one where there is none. last_due: when the schedule was last
    to start a run, None where that is not known: then only today is left to the next one. Raises InvalidInput,
    GitLabUserChanged and what the two clients raise when reading.
    """
    # What is there is the question, also where a run would not ask it.
    asking = replace(settings, prevent_duplicates=True)
    decision = decide_in_process(resolve(days.run_input(), asking, now), toggl, gitlab, now, state)
    fetched, decided = decision.fetched, decision.decided
    window = fetched.window
    known = Known(
        due_from=_due_from(asking, now, state, last_due),
        elsewhere=_elsewhere(toggl, window, now, settings) if orphans_of(decided, window) else (),
        refused={one.id: one.reason for one in state.pending if one.reason != EntryWarning.MOVE_IN_PROGRESS},
    )
    lines = lines_of(decided, window, known)
    issues = {line.issue for line in lines if line.issue is not None and line.issue[-1].isdigit()}
    return Report(
        first=days.first,
        last=days.last,
        timezone=window.timezone,
        lines=lines,
        gitlab_url=settings.gitlab_url,
        username=decided.author.username,
        read_at=now,
        others=tuple(_others(gitlab, decided, window, issues)),
        titles=gitlab.titles(issues),
    )


def _due_from(settings: Settings, now: datetime, state: SyncState, last_due: datetime | None) -> date:
    """The first day that the next run takes in and that was not over when a run was last due."""
    zone = ZoneInfo(settings.timezone)
    today = now.astimezone(zone).date()
    if last_due is None:
        return today
    next_begins = resolve({}, settings, now, state).window.start
    return min(today, max(last_due.astimezone(zone).date(), next_begins.astimezone(zone).date()))


def _others(gitlab: GitLab, decided: Decided, window: Window, issues: Collection[str]) -> Iterator[OtherTime]:
    """What GitLab has in the window beside the lines: all of the user's own, and of others what is on these issues.

    Where an earlier user of the deployment has posted an entry, that is told in its line.
    """
    own = gitlab.timelogs(decided.author.username, window.start, window.end)
    projects = {project_in(issue) for issue in issues}
    theirs = gitlab.timelogs_of_others(projects, decided.author.user_id, window.start, window.end) if projects else []
    told = {timelog.gid for one in decided.screened for timelog in decided.others.get(one.entry.id, ())}
    found = [timelog for timelog in own if marked_entry_id(timelog.summary) is None]
    found += [one for one in theirs if one.gid not in told and one.target is not None and one.target.name in issues]
    for timelog in sorted(found, key=lambda one: (one.spent_at, one.gid)):
        if window.contains(timelog.spent_at):
            issue = None if timelog.target is None else timelog.target.name
            yield OtherTime(
                timelog.author,
                timelog.spent_at,
                timelog.seconds,
                issue,
                printable(timelog.summary, DESCRIPTION_CHARACTERS),
            )


def _elsewhere(toggl: Toggl, window: Window, now: datetime, settings: Settings) -> frozenset[int]:
    """The ids of the entries that Toggl has around the window; read only when GitLab has some that did not come."""
    around = Window(window.start - AROUND, min(now, window.end + AROUND), window.timezone)
    entries = read_entries(toggl, around, now, settings.toggl_workspace_id).entries
    return frozenset(entry.id for entry in entries)
