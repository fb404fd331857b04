"""What a run has to make of GitLab, worked out from what the documents promise: no code of the product is used here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from local.standins.gitlab.model import Issuable, Timelog
from local.standins.gitlab.visibility import sees, sees_project
from local.standins.toggl.server import Entry
from tests.chaos.scope import Asked, Left, Memory, Scope, scope_of
from tests.chaos.studio import (
    GIVEN_BY_NUMBER,
    PROJECTS,
    SKIPPED_TITLES,
    TITLE_KEYS,
    USER_NAME,
    Names,
    Studio,
    Titled,
    Unclear,
)

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
    """What has to become of GitLab, of every entry, and of what the next run is left.

    scope: what the run looks at. memory: what it was left. shown: the ids of the timelogs that it can find. removed: of
    those that have to go; every other one stays as it is. added: what has to come. rows: (outcome, reason, warning) by
    entry id. optional, optional_days: nobody can tell whether these entries are looked at, or these days synced through
    instead. too_many: whether the run has to refuse so many removals, and then does nothing at all.
    """

    before: list[Timelog]
    scope: Scope
    memory: Memory
    shown: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    added: list[Logged] = field(default_factory=list)
    rows: dict[int, tuple[str, str | None, str | None]] = field(default_factory=dict)
    optional: set[int] = field(default_factory=set)
    optional_days: set[date | None] = field(default_factory=set)
    too_many: bool = False

    @property
    def holds(self) -> bool:
        """Whether something keeps the days from being finished: what fails besides refusals."""
        return self.too_many or any(row[:2] == ("failed", "project_not_visible") for row in self.rows.values())

    @property
    def is_red(self) -> bool:
        """A refusal that was told before is not told again."""
        return self.too_many or any(row[0] == "failed" and row[2] != "still_refused" for row in self.rows.values())

    @property
    def pending(self) -> dict[int, str]:
        """What the next runs look at again afterwards, and why."""
        before = {entry_id: left.reason for entry_id, left in self.memory.pending.items()}
        if self.too_many:
            return before
        looked_at = {entry.id for entry in self.scope.entries} | {
            entry_id for entry_id in self.scope.deleted if entry_id in self.rows or not self.scope.is_dated
        }
        stay = {id_: why for id_, why in before.items() if id_ not in looked_at or self._is_unseen(id_)}
        moving = {id_: "move_in_progress" for id_, row in self.rows.items() if row[2] == "move_in_progress"}
        refused = {
            id_: row[1] or "" for id_, row in self.rows.items() if row[0] == "failed" and not self._is_unseen(id_)
        }
        return stay | moving | refused

    def _is_unseen(self, entry_id: int) -> bool:
        return self.rows.get(entry_id, ("", ""))[1] == "project_not_visible"

    def refuse(self, logged: Logged, reason: str) -> None:
        """GitLab does not take this one: the entry has failed, and what was there of it stays."""
        self.added.remove(logged)
        self.removed -= {timelog.id for timelog in self.before if marked(timelog) == logged.entry_id}
        self.tell_refusal(logged.entry_id, reason)

    def tell_refusal(self, entry_id: int, reason: str) -> None:
        was = self.memory.pending.get(entry_id, Left(None, ""))
        warning = "still_refused" if was.reason == reason else self.rows[entry_id][2]
        self.rows[entry_id] = ("failed", reason, warning)

    def next_memory(self) -> Memory:
        """What the next run is left when this one does everything."""
        scope = self.scope
        if self.holds or scope.asked.dry_run:
            return self.memory
        return Memory(
            synced_through=scope.synced_through,
            changes_seen=scope.changes_seen or self.memory.changes_seen,
            pending={id_: self.memory.pending.get(id_, Left(None, why)) for id_, why in self.pending.items()},
            seen=self.memory.seen | {(entry.id, entry.at) for entry in scope.entries},
        )

    def add(self, next_one: Expected) -> None:
        """Also what another run, right after this one, may do or leave."""
        self.optional_days.add(next_one.scope.synced_through)
        self.optional |= next_one.rows.keys() - self.rows.keys()
        entries = {entry.id: entry for entry in (*self.scope.entries, *next_one.scope.entries)}
        self.scope = replace(
            self.scope, entries=tuple(entries.values()), deleted=self.scope.deleted | next_one.scope.deleted
        )
        self.shown |= next_one.shown
        self.removed |= next_one.removed
        self.added += [logged for logged in next_one.added if logged.entry_id not in self.rows]
        self.rows = next_one.rows | self.rows

    def check_ledger(self, studio: Studio) -> None:
        """The ledger is what was there, less `removed`, and `added`; all of that in vain when there are too many."""
        if self.too_many:
            assert studio.gitlab.timelogs == self.before
            return
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

    def coming(self, studio: Studio) -> Counter[tuple[int, str, int, str]]:
        """The new timelogs: entry, on which issue, how many seconds, spent when; an issue that is missing is `new`."""
        return Counter(
            (one.entry_id, _reference(one.place, studio), one.seconds, one.spent_at.isoformat()) for one in self.added
        )

    def check_hours(self, output: dict[str, Any], studio: Studio) -> None:
        """Every second is accounted for, and GitLab has what the output says."""
        of = {name.removeprefix("seconds_"): number for name, number in output["totals"].items()}
        assert of["tracked"] + of["rounding"] == of["on_gitlab"] + of["left_out"] + of["failed"] - of["differing"], (
            f"the hours do not add up: {of}"
        )
        tracked = sum(_raw_seconds(entry) for entry in self.scope.entries)
        assert of["tracked"] == tracked, f"{of['tracked']} s are tracked, not {tracked}"
        looked_at = {entry.id for entry in self.scope.entries}
        new = {timelog.id for timelog in studio.gitlab.timelogs} - {timelog.id for timelog in self.before}
        there = [one for one in studio.gitlab.timelogs if marked(one) in looked_at and one.id in self.shown | new]
        on_gitlab = sum(timelog.seconds for timelog in there)
        assert of["on_gitlab"] == on_gitlab, f"{of['on_gitlab']} s are said to be on GitLab, {on_gitlab} are"

    def check_output(self, output: dict[str, Any]) -> None:
        """Every entry has one row and the right one, and the totals are those of the rows."""
        rows = {row["entry_id"]: (row["outcome"], row["reason"], row["warning"]) for row in output["entries"]}
        assert len(rows) == len(output["entries"])
        wrong = {id_: f"{rows.get(id_)}, not {self.rows.get(id_)}" for id_ in rows.keys() | self.rows.keys()}
        wrong = {id_: what for id_, what in wrong.items() if rows.get(id_) != self.rows.get(id_)}
        assert not wrong, f"rows that are not as expected: {wrong}"
        outcomes = Counter(outcome for outcome, _reason, _warning in self.rows.values())
        totals = output["totals"]
        assert totals["fetched"] == len(self.scope.entries)
        assert {name: totals[name] for name in ("created", "replaced", "deleted", "kept", "skipped", "failed")} == {
            name: outcomes[name] for name in ("created", "replaced", "deleted", "kept", "skipped", "failed")
        }
        assert totals["seconds_logged"] == sum(logged.seconds for logged in self.added)
        skipped = Counter(reason for outcome, reason, _warning in self.rows.values() if outcome == "skipped")
        assert output["skipped_by_reason"] == skipped
        assert output["warnings"] == Counter(warning for _o, _r, warning in self.rows.values() if warning is not None)


def marked(timelog: Timelog) -> int | None:
    """The entry id of a timelog of the user's own, whatever the user is called by now."""
    found = re.match(r"\[toggl:([0-9]+)\]", timelog.summary or "")
    return int(found[1]) if found and timelog.user.name == USER_NAME else None


def expect_days(
    studio: Studio,
    choices: Choices,
    first: date,
    last: date,
    *,
    allow_removals: bool = False,
    memory: Memory | None = None,
) -> Expected:
    """What a run over the local days first..last has to do, given what is in Toggl and on GitLab now."""
    asked = Asked(studio.clock.now(), days=(first, last), allow_removals=allow_removals)
    return expect(studio, choices, asked, memory or Memory())


def expect(studio: Studio, choices: Choices, asked: Asked, memory: Memory) -> Expected:
    """What a run has to do, given what is in Toggl and on GitLab now, and what the runs before have left."""
    scope = scope_of(
        studio.toggl.entries,
        asked,
        memory,
        choices.timezone,
        now=studio.clock.now(),
        remove_deleted=choices.remove_deleted,
        running_everywhere=studio.toggl.running_everywhere,
    )
    expected = Expected(studio.gitlab.timelogs, scope, memory)
    titles = _Titles(studio)
    ledger: dict[int, list[Timelog]] = {}
    for timelog in expected.before:
        entry_id = marked(timelog)
        is_read = timelog.spent_at is not None and scope.ledger[0] <= timelog.spent_at <= scope.ledger[1]
        if entry_id is not None and is_read and titles.sees(timelog.issuable):
            ledger.setdefault(entry_id, []).append(timelog)
            expected.shown.add(timelog.id)
    known = _Known(ledger, titles, asked.now)
    for entry in scope.entries:
        _expect_entry(expected, entry, known, choices)
    if choices.remove_deleted:
        _expect_gone(expected, known)
    _expect_doubles(expected, known)
    if choices.remove_deleted and not asked.allow_removals:
        expected.too_many = _are_too_many(expected, known)
    for logged in list(expected.added):
        if not titles.may_log_on(logged.place):
            expected.refuse(logged, "no_permission")
    _expect_refused_removals(expected, titles)
    return expected


def _expect_refused_removals(expected: Expected, titles: _Titles) -> None:
    """What may not be deleted stays, and its entry has failed; what was to replace it does not even come."""
    if expected.too_many:
        return
    stuck = [one for one in expected.before if one.id in expected.removed and not titles.may_delete(one)]
    for entry_id in {marked(timelog) or 0 for timelog in stuck}:
        replacing = [logged for logged in expected.added if logged.entry_id == entry_id]
        if replacing:
            expected.refuse(replacing[0], "no_permission")
        else:
            expected.tell_refusal(entry_id, "no_permission")
    expected.removed -= {timelog.id for timelog in stuck}


@dataclass(frozen=True)
class _Known:
    """What GitLab shows a run: the marked timelogs by entry, and which issue is where. now: the run's own."""

    ledger: dict[int, list[Timelog]]
    titles: _Titles
    now: datetime

    def is_moving(self, there: Iterable[Timelog]) -> bool:
        """On an issue that was moved less than a day ago, and none where it went: GitLab may still be copying."""
        places = {timelog.issuable for timelog in there}
        return any(
            place.moved_to is not None
            and self.now - place.updated_at < timedelta(days=1)
            and not places & set(self.titles.went_to(place))
            for place in places
        )

    def doubles(self, there: Iterable[Timelog]) -> list[Timelog]:
        """Those of which GitLab made a copy where their issue was moved."""
        every = list(there)
        copies = {(one.issuable, one.seconds, one.spent_at) for one in every}
        return [
            one
            for one in every
            if any((place, one.seconds, one.spent_at) in copies for place in self.titles.went_to(one.issuable))
        ]

    def stays(self, timelog: Timelog) -> bool:
        """Whether it is on an issue that was moved and may not be deleted there."""
        return timelog.issuable.moved_to is not None and not self.titles.may_delete(timelog)

    def removable(self, there: Iterable[Timelog]) -> set[int]:
        return {timelog.id for timelog in there if self.titles.may_delete(timelog)}


def _expect_entry(expected: Expected, entry: Entry, known: _Known, choices: Choices) -> None:
    there = known.ledger.get(entry.id, [])
    place, seconds, reason = _wanted(entry, known.titles, choices, expected.scope.earliest)
    mismatch = "duration_mismatch" if not entry.running and _differs(entry) else None
    if reason == "project_not_visible":
        expected.rows[entry.id] = ("failed", reason, mismatch)
    elif reason is not None and not there:
        expected.rows[entry.id] = ("skipped", reason, mismatch)
    elif reason is not None and known.is_moving(there):
        expected.rows[entry.id] = ("kept", reason, "move_in_progress")
        expected.removed |= known.removable(known.doubles(there))
    elif reason is not None and choices.remove_deleted and reason in _REMOVABLE:
        expected.rows[entry.id] = ("deleted", reason, mismatch)
        expected.removed |= {timelog.id for timelog in there}
    elif reason is not None:
        expected.rows[entry.id] = ("kept", reason, "posted_but_filtered")
        expected.removed |= known.removable(known.doubles(there))
    else:
        assert place is not None
        _expect_posted(expected, Logged(entry.id, place, seconds, entry.start), known, choices, mismatch)


def _expect_posted(expected: Expected, logged: Logged, known: _Known, choices: Choices, mismatch: str | None) -> None:
    there = known.ledger.get(logged.entry_id, [])
    equal = [t for t in there if (t.issuable, t.seconds, t.spent_at) == (logged.place, logged.seconds, logged.spent_at)]
    if not there:
        expected.rows[logged.entry_id] = ("created", None, mismatch)
        expected.added.append(logged)
    elif known.is_moving(there):
        expected.rows[logged.entry_id] = ("kept", None, "move_in_progress")
        expected.removed |= known.removable(known.doubles(there))
    elif equal:
        kept = min(timelog.id for timelog in equal)
        others = [timelog for timelog in there if timelog.id != kept]
        staying = {timelog.id for timelog in others if known.stays(timelog)}
        expected.rows[logged.entry_id] = ("kept", None, "double_stays" if staying else mismatch)
        expected.removed |= {timelog.id for timelog in others} - staying
    elif not choices.sync_edits:
        expected.rows[logged.entry_id] = ("kept", None, "differs")
        expected.removed |= known.removable(known.doubles(there))
    else:
        staying = [timelog for timelog in there if known.stays(timelog)]
        expected.rows[logged.entry_id] = ("replaced", None, "double_stays" if staying else mismatch)
        expected.removed |= {timelog.id for timelog in there} - {timelog.id for timelog in staying}
        expected.added.append(logged)


def _expect_gone(expected: Expected, known: _Known) -> None:
    """What did not come from Toggl: removed when Toggl says that it is deleted, in a dated run in its window only."""
    scope = expected.scope
    for entry_id, there in known.ledger.items():
        if entry_id in expected.rows:
            continue
        is_in_window = any(scope.has(timelog.spent_at) for timelog in there)
        if entry_id in scope.deleted and (is_in_window or not scope.is_dated):
            if known.is_moving(there):
                expected.rows[entry_id] = ("kept", None, "move_in_progress")
                expected.removed |= known.removable(known.doubles(there))
            else:
                expected.rows[entry_id] = ("deleted", None, None)
                expected.removed |= {timelog.id for timelog in there}
        elif is_in_window:
            expected.rows[entry_id] = ("kept", None, "not_in_toggl")
            expected.removed |= known.removable(known.doubles(there))


def _expect_doubles(expected: Expected, known: _Known) -> None:
    """Those that GitLab made by moving an issue go, also of entries that are not looked at."""
    for entry_id, there in known.ledger.items():
        doubles = known.doubles(there)
        if entry_id not in expected.rows and doubles:
            stays = len(known.removable(doubles)) < len(doubles)
            expected.rows[entry_id] = ("kept", None, "double_stays" if stays else None)
            expected.removed |= known.removable(doubles)


def _are_too_many(expected: Expected, known: _Known) -> bool:
    """More than half of the window's timelogs, or of those outside of it; from five on."""
    gone = {entry_id for entry_id, row in expected.rows.items() if row[0] == "deleted"}
    every = [timelog for there in known.ledger.values() for timelog in there]
    removed = [timelog for timelog in every if marked(timelog) in gone]
    if len(removed) < 5:
        return False
    is_in = expected.scope.has
    return any(
        2 * sum(is_in(timelog.spent_at) is inside for timelog in removed)
        > sum(is_in(timelog.spent_at) is inside for timelog in every)
        for inside in (True, False)
    )


def _wanted(
    entry: Entry, titles: _Titles, choices: Choices, earliest: datetime | None
) -> tuple[Place | None, int, str | None]:
    """Where an entry's time belongs and how much of it, or the reason why it is left out."""
    raw = _raw_seconds(entry)
    place = _left_out(entry, raw, choices, earliest) or titles.place_of(entry, create=choices.auto_create_issues)
    if isinstance(place, str):
        return None, 0, place
    seconds = _rounded(raw, choices)
    return place, seconds, None if seconds else "rounds_to_zero"


def _left_out(entry: Entry, raw_seconds: int, choices: Choices, earliest: datetime | None) -> str | None:
    """The first reason, in the order in which the documents have them."""
    on_a_weekend = entry.start.astimezone(ZoneInfo(choices.timezone)).strftime("%a") in {"Sat", "Sun"}
    reasons = {
        "running": entry.running,
        "not_billable": choices.only_billable and not entry.billable,
        "weekend": choices.exclude_weekends and on_a_weekend,
        "too_short": raw_seconds < max(choices.minimum_duration, 1),
        "too_long": choices.maximum_duration != 0 and raw_seconds > choices.maximum_duration,
        "too_late": earliest is not None and entry.start < earliest,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _rounded(seconds: int, choices: Choices) -> int:
    unit = choices.round_time_to_minutes * 60
    if unit == 0:
        return seconds
    units = int((Decimal(seconds) / unit).quantize(Decimal(1), _MODES[choices.rounding_mode]))
    return unit * (max(units, 1) if choices.rounding_mode == "nearest" else units)


class _Titles:
    """Which issue an entry means, as GitLab is at this moment and shows itself to the user."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._me = studio.me
        self._paths = {one.full_path for one in studio.gitlab.projects if sees_project(self._me, one)}
        self._by_title: dict[tuple[str, str | None], list[Issuable]] = {}
        for issue in studio.gitlab.issues:
            place = (issue.project.full_path, TITLE_KEYS.get(" ".join(issue.title.split())))
            self._by_title.setdefault(place, []).append(issue)

    def sees(self, issuable: Issuable) -> bool:
        return sees(self._studio.gitlab, self._me, issuable)

    def may_log_on(self, place: Place) -> bool:
        project = self._studio.gitlab.project(place.path) if isinstance(place, NewIssue) else place.project
        return project.has_role(self._me, "planner") and not project.archived

    def may_delete(self, timelog: Timelog) -> bool:
        """An author may, but nobody in an archived project."""
        return not timelog.issuable.project.archived

    def went_to(self, issue: Issuable) -> list[Issuable]:
        """Where an issue was moved, and moved on, as far as GitLab tells: twice, and to what can be seen."""
        places: list[Issuable] = []
        while issue.moved_to is not None and self.sees(issue.moved_to) and len(places) < 2:
            issue = issue.moved_to
            places.append(issue)
        return places

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
            # Of a project that the settings give by its number nobody knows the path while it cannot be seen.
            is_ours = path in PROJECTS or any(given not in self._paths for given in GIVEN_BY_NUMBER)
            return "project_not_visible" if is_ours else "project_not_found"
        try:
            found = self._followed(self._studio.gitlab.issuable(f"{path}{sign}{iid}"))
        except KeyError:
            return "issue_not_found"
        return found or "issue_not_found"

    def _titled(self, path: str, key: str, *, create: bool) -> Place | str:
        is_seen = path in self._paths
        same = self._by_title.get((path, key), []) if is_seen else []
        places = {issue for issue in same if issue.state == "opened"} or {self._followed(issue) for issue in same}
        places.discard(None)
        if places:
            return "ambiguous_title" if len(places) > 1 else places.pop()
        if not create:
            return "no_issue"
        if key in SKIPPED_TITLES:
            return "skip_term"
        if not is_seen:
            return "project_not_visible"
        created = self._studio.created.get((path, key))
        return (created and self._followed(created)) or NewIssue(path, key)

    def _followed(self, issuable: Issuable) -> Issuable | None:
        """Where it is now; None when that, or a place on the way, cannot be seen."""
        while self.sees(issuable) and issuable.moved_to is not None:
            issuable = issuable.moved_to
        return issuable if self.sees(issuable) else None


def _raw_seconds(entry: Entry) -> int:
    return 0 if entry.stop is None or entry.running else int((entry.stop - entry.start).total_seconds())


def _reference(place: Place, studio: Studio) -> str:
    if isinstance(place, NewIssue):
        place = studio.created.get((place.path, place.key), place)
    return f"{place.path}#new" if isinstance(place, NewIssue) else place.reference


def final_place(studio: Studio, choices: Choices, entry: Entry) -> tuple[str, int, str] | None:
    """Where an entry that names an issue or a merge request has to be now, if anywhere."""
    if not isinstance(studio.said[entry.id].meaning, Names):
        return None
    place, seconds, reason = _wanted(entry, _Titles(studio), choices, None)
    if reason is not None or not isinstance(place, Issuable):
        return None
    return place.reference, seconds, entry.start.isoformat()


def _existing(place: Place, studio: Studio) -> Issuable:
    return studio.created[place.path, place.key] if isinstance(place, NewIssue) else place


def _shown(summary: str | None, place: Issuable, seconds: int, spent_at: datetime | None) -> tuple[str, str, int, str]:
    return (summary or "").partition("]")[0], place.reference, seconds, str(spent_at)


def _differs(entry: Entry) -> bool:
    assert entry.stop is not None
    return abs((entry.stop - entry.start).total_seconds() - entry.duration_seconds) > 1
