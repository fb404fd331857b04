"""What a run has to make of GitLab, worked out from what the documents promise: no code of the product is used here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from local.standins.gitlab.model import Issuable, Timelog
from local.standins.toggl.server import Entry
from tests.chaos.studio import SKIPPED_TITLES, TITLE_KEYS, USER, Names, Studio, Titled, Unclear

_MODES = {"nearest": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}
_REMOVABLE = {"not_billable", "weekend", "too_short", "too_long"}


@dataclass(frozen=True)
class Choices:
    """The deployment settings that these tests choose."""

    timezone: str = "Europe/Berlin"
    minimum_duration: int = 300
    maximum_duration: int = 86_400
    round_time_to_minutes: int = 15
    rounding_mode: str = "nearest"
    only_billable: bool = False
    exclude_weekends: bool = False
    sync_edits: bool = True
    remove_deleted: bool = False
    auto_create_issues: bool = False

    def context(self) -> dict[str, Any]:
        return vars(self).copy()


@dataclass(frozen=True)
class NewIssue:
    """An issue that the run has to create first."""

    path: str
    key: str


Place = Issuable | NewIssue


@dataclass(frozen=True)
class Logged:
    """What a new timelog has to say."""

    entry_id: int
    place: Place
    seconds: int
    spent_at: datetime


@dataclass
class Expected:
    """What has to become of GitLab and of every entry.

    removed: the ids of the timelogs that have to go; every other one stays as it is. added: what has to come.
    rows: (outcome, reason, warning) by entry id. too_many: whether the run has to refuse so many removals.
    """

    before: list[Timelog]
    removed: set[int] = field(default_factory=set)
    added: list[Logged] = field(default_factory=list)
    rows: dict[int, tuple[str, str | None, str | None]] = field(default_factory=dict)
    too_many: bool = False

    def refuse(self, logged: Logged, reason: str) -> None:
        """GitLab does not take this one: the entry has failed, and what was there of it stays."""
        self.added.remove(logged)
        self.removed -= {timelog.id for timelog in self.before if marked(timelog) == logged.entry_id}
        self.rows[logged.entry_id] = ("failed", reason, self.rows[logged.entry_id][2])

    def check_ledger(self, studio: Studio) -> None:
        """The ledger is what was there, less `removed`, and `added`."""
        after = {timelog.id: timelog for timelog in studio.gitlab.timelogs}
        staying = {timelog.id: timelog for timelog in self.before if timelog.id not in self.removed}
        assert {id_: after.get(id_) for id_ in staying} == staying, "a timelog that had to stay is gone or changed"
        not_removed = self.removed & after.keys()
        assert not not_removed, f"still there: {[after[id_] for id_ in not_removed]}"
        new = [timelog for id_, timelog in after.items() if id_ not in staying]
        assert all(marked(timelog) is not None for timelog in new)
        assert all(len(timelog.summary or "") <= 255 for timelog in new)
        there = Counter(_shown(t.summary, t.issuable, t.seconds, t.spent_at) for t in new)
        wanted = Counter(
            _shown(f"[toggl:{logged.entry_id}]", _existing(logged.place, studio), logged.seconds, logged.spent_at)
            for logged in self.added
        )
        assert there == wanted, f"\nmissing: {wanted - there}\ntoo much: {there - wanted}"

    def check_output(self, output: dict[str, Any]) -> None:
        """Every entry has one row and the right one, and the totals are those of the rows."""
        rows = {row["entry_id"]: (row["outcome"], row["reason"], row["warning"]) for row in output["entries"]}
        assert len(rows) == len(output["entries"])
        wrong = {id_: f"{rows.get(id_)}, not {self.rows.get(id_)}" for id_ in rows.keys() | self.rows.keys()}
        wrong = {id_: what for id_, what in wrong.items() if rows.get(id_) != self.rows.get(id_)}
        assert not wrong, f"rows that are not as expected: {wrong}"
        outcomes = Counter(outcome for outcome, _reason, _warning in self.rows.values())
        totals = output["totals"]
        assert {name: totals[name] for name in ("created", "replaced", "deleted", "kept", "skipped", "failed")} == {
            name: outcomes[name] for name in ("created", "replaced", "deleted", "kept", "skipped", "failed")
        }
        assert totals["seconds_logged"] == sum(logged.seconds for logged in self.added)
        skipped = Counter(reason for outcome, reason, _warning in self.rows.values() if outcome == "skipped")
        assert output["skipped_by_reason"] == skipped
        assert output["warnings"] == Counter(warning for _o, _r, warning in self.rows.values() if warning is not None)


def marked(timelog: Timelog) -> int | None:
    """The entry id of a timelog of the user's own."""
    found = re.match(r"\[toggl:([0-9]+)\]", timelog.summary or "")
    return int(found[1]) if found and timelog.user.username == USER else None


def expect(studio: Studio, choices: Choices, first: date, last: date, *, allow_removals: bool = False) -> Expected:
    """What a run over the local days first..last has to do, given what is in Toggl and on GitLab now."""
    expected = Expected(studio.gitlab.timelogs)
    zone = ZoneInfo(choices.timezone)
    begin, end = _midnight(first, zone), min(studio.clock.now(), _midnight(last + timedelta(days=1), zone))
    ledger: dict[int, list[Timelog]] = {}
    for timelog in expected.before:
        entry_id = marked(timelog)
        near = timelog.spent_at is not None and begin - timedelta(days=7) <= timelog.spent_at <= end + timedelta(days=7)
        if entry_id is not None and near:
            ledger.setdefault(entry_id, []).append(timelog)
    titles = _Titles(studio)
    fetched = [entry for entry in studio.toggl.entries if entry.deleted_at is None and begin <= entry.start < end]
    for entry in fetched:
        _expect_entry(expected, entry, ledger.get(entry.id, []), titles, choices)
    if choices.remove_deleted:
        in_window = [t for there in ledger.values() for t in there if _is_in(t, begin, end)]
        _expect_gone(expected, studio.toggl.entries, ledger, {entry.id for entry in fetched}, in_window)
        removals = sum(
            marked(timelog) in expected.rows and expected.rows[marked(timelog) or 0][0] == "deleted"
            for timelog in expected.before
            if timelog.id in expected.removed
        )
        expected.too_many = removals >= 5 and removals * 2 > len(in_window) and not allow_removals
    return expected


def _expect_entry(expected: Expected, entry: Entry, there: list[Timelog], titles: _Titles, choices: Choices) -> None:
    place, seconds, reason = _wanted(entry, titles, choices)
    mismatch = "duration_mismatch" if not entry.running and _differs(entry) else None
    if reason is not None and not there:
        expected.rows[entry.id] = ("skipped", reason, mismatch)
    elif reason is not None and _is_moving(there):
        expected.rows[entry.id] = ("kept", reason, "move_in_progress")
    elif reason is not None and choices.remove_deleted and reason in _REMOVABLE:
        expected.rows[entry.id] = ("deleted", reason, mismatch)
        expected.removed |= {timelog.id for timelog in there}
    elif reason is not None:
        expected.rows[entry.id] = ("kept", reason, "posted_but_filtered")
    else:
        assert place is not None
        _expect_posted(expected, Logged(entry.id, place, seconds, entry.start), there, choices, mismatch)


def _expect_posted(
    expected: Expected, logged: Logged, there: list[Timelog], choices: Choices, mismatch: str | None
) -> None:
    equal = [t for t in there if (t.issuable, t.seconds, t.spent_at) == (logged.place, logged.seconds, logged.spent_at)]
    if not there:
        expected.rows[logged.entry_id] = ("created", None, mismatch)
        expected.added.append(logged)
    elif _is_moving(there):
        expected.rows[logged.entry_id] = ("kept", None, "move_in_progress")
    elif equal:
        expected.rows[logged.entry_id] = ("kept", None, mismatch)
        expected.removed |= {timelog.id for timelog in there} - {min(timelog.id for timelog in equal)}
    elif not choices.sync_edits:
        expected.rows[logged.entry_id] = ("kept", None, "differs")
    else:
        expected.rows[logged.entry_id] = ("replaced", None, mismatch)
        expected.removed |= {timelog.id for timelog in there}
        expected.added.append(logged)


def _expect_gone(
    expected: Expected,
    entries: Iterable[Entry],
    ledger: dict[int, list[Timelog]],
    fetched: set[int],
    in_window: list[Timelog],
) -> None:
    deleted = {entry.id for entry in entries if entry.deleted_at is not None}
    for entry_id in {marked(timelog) or 0 for timelog in in_window} - fetched:
        if _is_moving(ledger[entry_id]):
            expected.rows[entry_id] = ("kept", None, "move_in_progress")
        elif entry_id in deleted:
            expected.rows[entry_id] = ("deleted", None, None)
            expected.removed |= {timelog.id for timelog in ledger[entry_id]}
        else:
            expected.rows[entry_id] = ("kept", None, "not_in_toggl")


def _wanted(entry: Entry, titles: _Titles, choices: Choices) -> tuple[Place | None, int, str | None]:
    """Where an entry's time belongs and how much of it, or the reason why it is left out."""
    raw = 0 if entry.stop is None else int((entry.stop - entry.start).total_seconds())
    place = _left_out(entry, raw, choices) or titles.place_of(entry, create=choices.auto_create_issues)
    if isinstance(place, str):
        return None, 0, place
    seconds = _rounded(raw, choices)
    return place, seconds, None if seconds else "rounds_to_zero"


def _left_out(entry: Entry, raw_seconds: int, choices: Choices) -> str | None:
    """The first reason, in the order in which the documents have them."""
    on_a_weekend = entry.start.astimezone(ZoneInfo(choices.timezone)).strftime("%a") in {"Sat", "Sun"}
    reasons = {
        "running": entry.running,
        "not_billable": choices.only_billable and not entry.billable,
        "weekend": choices.exclude_weekends and on_a_weekend,
        "too_short": raw_seconds < max(choices.minimum_duration, 1),
        "too_long": choices.maximum_duration != 0 and raw_seconds > choices.maximum_duration,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _rounded(seconds: int, choices: Choices) -> int:
    unit = choices.round_time_to_minutes * 60
    if unit == 0:
        return seconds
    units = int((Decimal(seconds) / unit).quantize(Decimal(1), _MODES[choices.rounding_mode]))
    return unit * (max(units, 1) if choices.rounding_mode == "nearest" else units)


class _Titles:
    """Which issue an entry means, as GitLab is at this moment."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        user = studio.gitlab.user(USER)
        self._paths = {project.full_path for project in studio.gitlab.projects if project.has_role(user, "guest")}
        self._by_title: dict[tuple[str, str | None], list[Issuable]] = {}
        for issue in studio.gitlab.issues:
            place = (issue.project.full_path, TITLE_KEYS.get(" ".join(issue.title.split())))
            self._by_title.setdefault(place, []).append(issue)

    def place_of(self, entry: Entry, *, create: bool) -> Place | str:
        """The issue or merge request, or the reason why there is none."""
        own = self._studio.own_path(entry)
        if own is None:
            return "project_left_out"
        match self._studio.said[entry.id].meaning:
            case Unclear(reason):
                return reason
            case Names(sign, iid, path):
                return self._named(sign, iid, path or own)
            case Titled(key):
                return self._titled(own, key, create=create)
            case meaning:
                raise AssertionError(meaning)

    def _named(self, sign: str, iid: int, path: str) -> Issuable | str:
        if path not in self._paths:
            return "project_not_found"
        try:
            found = _followed(self._studio.gitlab.issuable(f"{path}{sign}{iid}"))
        except KeyError:
            return "issue_not_found"
        return found if found.project.full_path in self._paths else "issue_not_found"

    def _titled(self, path: str, key: str, *, create: bool) -> Place | str:
        same = self._by_title.get((path, key), [])
        places = {issue for issue in same if issue.state == "opened"} or {_followed(issue) for issue in same}
        if places:
            return "ambiguous_title" if len(places) > 1 else places.pop()
        if not create:
            return "no_issue"
        if key in SKIPPED_TITLES:
            return "skip_term"
        if (path, key) in self._studio.created:
            return _followed(self._studio.created[path, key])
        return NewIssue(path, key)


def _followed(issuable: Issuable) -> Issuable:
    while issuable.moved_to is not None:
        issuable = issuable.moved_to
    return issuable


def _existing(place: Place, studio: Studio) -> Issuable:
    return studio.created[place.path, place.key] if isinstance(place, NewIssue) else place


def _shown(summary: str | None, place: Issuable, seconds: int, spent_at: datetime | None) -> tuple[str, str, int, str]:
    return (summary or "").partition("]")[0], place.reference, seconds, str(spent_at)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, looked for minute by minute."""
    instant = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("UTC")) - timedelta(hours=15)
    while instant.astimezone(zone).date() < day:
        instant += timedelta(minutes=15)
    return instant


def _is_moving(there: list[Timelog]) -> bool:
    """On different issues, of which one has moved: GitLab may still be copying."""
    places = {timelog.issuable for timelog in there}
    return len(places) > 1 and any(place.moved_to is not None for place in places)


def _is_in(timelog: Timelog, begin: datetime, end: datetime) -> bool:
    return timelog.spent_at is not None and begin <= timelog.spent_at < end


def _differs(entry: Entry) -> bool:
    assert entry.stop is not None
    return abs((entry.stop - entry.start).total_seconds() - entry.duration_seconds) > 1
