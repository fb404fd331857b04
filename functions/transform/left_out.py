"""The mail about what was left out of the days that a run finishes, and the memory by which it tells an entry once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, takewhile
from zoneinfo import ZoneInfo

from contract import names
from contract.settings import Settings
from contract.state import TOLD_AT_MOST, SyncState, Version
from contract.vocabulary import EntryWarning, Outcome, Reason
from functions.shared.model.entry import TimeEntry
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.plan import Plan
from functions.shared.model.row import Row
from functions.shared.text import hours, one_line

LISTED_AT_MOST = 100
LISTED_BYTES = 16 * 1024
"""The mail travels in the state beside all else: it lists so many entries, and so many bytes of them."""

DESCRIPTION_CHARACTERS = 80
PLACE_CHARACTERS = 120

REMEMBERED = timedelta(days=31)

_HOW_OFTEN = (
    "Each entry is told once, and again when it was changed and is still left out. To get no more of these mails,"
    " deploy with left_out_mail=false."
)


@dataclass(frozen=True, slots=True)
class LeftOutMail:
    """subject: in ASCII, on one line. told: what the item keeps once the mail is sent: nothing is told twice."""

    subject: str
    text: str
    told: tuple[Version, ...]

    def to_json(self) -> dict[str, str]:
        """`{"subject", "text", "told": the text of the item's attribute}`."""
        told = json.dumps([version.to_json() for version in self.told], separators=(",", ":"))
        return {"subject": self.subject, "text": self.text, "told": told}


@dataclass(frozen=True, slots=True)
class _Left:
    entry: TimeEntry
    row: Row
    reason: Reason
    day: date


def left_out_mail(fetched: Fetched, planned: Plan, state: SyncState) -> LeftOutMail | None:
    """What is to be told when the run does finish its days; None when the setting is off, or there is nothing to tell.

    Of the days that no earlier run has finished, and of what was changed late: each entry that was left out and that a
    person can still do something about, unless this version of it was told before.
    """
    progress = fetched.progress
    if not fetched.settings.left_out_mail or progress is None or not _finishes_anything(progress, state):
        return None
    told = {version.id: version.at for version in state.told}
    new = [one for one in _left_out(fetched, planned, progress, state) if not _is_told(one.entry, told)]
    if not new:
        return None
    machine = names.state_machine(fetched.settings.environment)
    through = max(progress.through, _through_before(progress, state))
    finished = f"{machine} has finished the days up to {through}."
    paragraphs = [
        *_more_than_logged(planned),
        f"{finished} {_counted(new)} left out that you can still do something about.",
        *_listed(new),
        _what_then(fetched.settings),
        _HOW_OFTEN,
    ]
    subject = f"{machine}: {len(new)} {'entry' if len(new) == 1 else 'entries'} left out"
    return LeftOutMail(subject, "\n\n".join(paragraphs) + "\n", _remembered(told, new, fetched))


def _is_told(entry: TimeEntry, told: Mapping[int, datetime]) -> bool:
    return entry.at is not None and told.get(entry.id) == entry.at


def _finishes_anything(progress: Progress, state: SyncState) -> bool:
    return progress.through > _through_before(progress, state) or progress.changes_seen is not None


def _through_before(progress: Progress, state: SyncState) -> date:
    return state.synced_through or progress.begins or date.min


def _left_out(fetched: Fetched, planned: Plan, progress: Progress, state: SyncState) -> list[_Left]:
    """Those that can be told of, the oldest first."""
    rows = {item.row.entry_id: item.row for item in planned.items if not item.row.gone}
    zone = ZoneInfo(fetched.settings.timezone)
    before = _through_before(progress, state)
    through = max(progress.through, before)
    pending = {one.id for one in fetched.pending}
    found: list[_Left] = []
    for entry in sorted(fetched.entries, key=lambda entry: (entry.start, entry.id)):
        day = entry.start.astimezone(zone).date()
        reason = _reason_to_tell(rows.get(entry.id))
        is_new = before < day or entry.id in pending or _is_late(entry, fetched)
        if reason is not None and day <= through and is_new:
            found.append(_Left(entry, rows[entry.id], reason, day))
    return found


def _reason_to_tell(row: Row | None) -> Reason | None:
    """None for what was not left out, what nobody can do anything about, and what the next run looks at by itself."""
    if row is None or row.reason is None or row.outcome == Outcome.FAILED:
        return None
    if row.warning == EntryWarning.MOVE_IN_PROGRESS:
        return None
    reason = Reason(row.reason)
    return reason if reason.advice else None


def _is_late(entry: TimeEntry, fetched: Fetched) -> bool:
    """Whether it was added or changed after its day was finished."""
    window = fetched.window
    if entry.start < window.start:
        return True
    return window.changes_since is not None and entry.at is not None and entry.at >= window.changes_since


def _more_than_logged(planned: Plan) -> list[str]:
    """As the output's `seconds_left_out` and `seconds_on_gitlab` have it."""
    accounts = [item.row.account for item in planned.items]
    left_out, logged = sum(one.left_out for one in accounts), sum(one.on_gitlab for one in accounts)
    if left_out <= logged:
        return []
    return [f"This run left out more than it logged: {hours(left_out)} left out, {hours(logged)} on GitLab."]


def _counted(new: Sequence[_Left]) -> str:
    seconds = hours(sum(one.row.tracked_seconds for one in new))
    return f"1 entry ({seconds}) was" if len(new) == 1 else f"{len(new)} entries ({seconds} in all) were"


def _listed(new: Sequence[_Left]) -> list[str]:
    """A paragraph for each reason."""
    lines = [_line(one) for one in new[:LISTED_AT_MOST]]
    sizes = accumulate(len(line.encode()) + 1 for line in lines)
    count = len(list(takewhile(lambda size: size <= LISTED_BYTES, sizes)))
    shown = list(zip(new, lines[:count], strict=False))
    paragraphs = [
        "\n".join([f"{reason}: {reason.meaning}", f"What to do: {reason.advice}", *of_reason])
        for reason in Reason
        if (of_reason := [line for one, line in shown if one.reason == reason])
    ]
    more = len(new) - count
    return [*paragraphs, f"And {more} more, which the run's output lists."] if more else paragraphs


def _line(one: _Left) -> str:
    description = one_line(one.entry.description)
    shown = f'"{_cut(description, DESCRIPTION_CHARACTERS)}"' if description else "without a description"
    stays = f", its earlier time stays on {_place(one.row)}" if one.row.outcome == Outcome.KEPT else ""
    return f"- {one.day} {one.day:%a}, {hours(one.row.tracked_seconds)}, {shown}{stays}"


def _place(row: Row) -> str:
    return _cut(one_line(row.issue), PLACE_CHARACTERS) if row.issue else "GitLab"


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[: characters - 3].rstrip()}..."


def _what_then(settings: Settings) -> str:
    by_hand = "start a run by hand with the start_date and end_date of its days"
    if not settings.catch_up_days:
        return f"When you have changed something, {by_hand}."
    return (
        f"The next run takes in what you change in Toggl, up to {settings.catch_up_days} days back. When you change a"
        f" setting or something in GitLab, {by_hand}."
    )


def _remembered(told: Mapping[int, datetime], new: Iterable[_Left], fetched: Fetched) -> tuple[Version, ...]:
    """What is old enough is forgotten, but for what may come again, since this run has looked at it."""
    looked_at = {entry.id for entry in fetched.entries}
    since = (fetched.now or fetched.window.end) - REMEMBERED
    everything = {**told, **{one.entry.id: one.entry.at for one in new if one.entry.at is not None}}
    kept = [Version(key, at) for key, at in everything.items() if at >= since or key in looked_at]
    return tuple(sorted(kept, key=lambda version: (version.at, version.id))[-TOLD_AT_MOST:])
