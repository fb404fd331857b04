"""Reads a report's range from both services, in this process. It only reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cli.planning.decision import decide_in_process
from cli.reporting.lines import Known, lines_of, orphans_of
from cli.reporting.model import Report
from cli.terminal.days import Days
from contract.settings import Settings
from contract.state import SyncState
from contract.vocabulary import EntryWarning
from functions.fetch.entries import read_entries
from functions.fetch.window import resolve
from functions.shared.gitlab.client import GitLab
from functions.shared.marker import marked_entry_id
from functions.shared.model.entry import Window
from functions.shared.toggl.client import Toggl

AROUND = timedelta(days=31)
"""How far around the range Toggl is asked for entries that are on GitLab in it: they may have been moved out of it."""


def read_report(
    days: Days, settings: Settings, *, toggl: Toggl, gitlab: GitLab, now: datetime, state: SyncState
) -> Report:
    """The report of some days, by the settings of a run.

    state: what the deployment's runs have left, an empty one where there is none. Raises InvalidInput,
    GitLabUserChanged and what the two clients raise when reading.
    """
    decision = decide_in_process(resolve(days.run_input(), settings, now), toggl, gitlab, now, state)
    fetched, decided = decision.fetched, decision.decided
    window = fetched.window
    known = Known(
        today=now.astimezone(ZoneInfo(window.timezone)).date(),
        elsewhere=_elsewhere(toggl, window, now, settings) if orphans_of(decided, window) else (),
        refused={one.id: one.reason for one in state.pending if one.reason != EntryWarning.MOVE_IN_PROGRESS},
    )
    lines = lines_of(decided, window, known)
    own = gitlab.timelogs(decided.author.username, window.start, window.end)
    return Report(
        first=days.first,
        last=days.last,
        timezone=window.timezone,
        lines=lines,
        gitlab_url=settings.gitlab_url,
        username=decided.author.username,
        read_at=now,
        other_seconds=sum(timelog.seconds for timelog in own if marked_entry_id(timelog.summary) is None),
        titles=gitlab.titles({line.issue for line in lines if line.issue is not None and line.issue[-1].isdigit()}),
    )


def _elsewhere(toggl: Toggl, window: Window, now: datetime, settings: Settings) -> frozenset[int]:
    """The ids of the entries that Toggl has around the window; read only when GitLab has some that did not come."""
    around = Window(window.start - AROUND, min(now, window.end + AROUND), window.timezone)
    entries = read_entries(toggl, around, now, settings.toggl_workspace_id).entries
    return frozenset(entry.id for entry in entries)
