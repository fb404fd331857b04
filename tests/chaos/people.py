"""What people do in Toggl and in GitLab between runs, at any time and about any of the last weeks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.standins.gitlab.model import Issuable
from local.standins.toggl.server import Entry
from tests.chaos import happenings as words
from tests.chaos.happenings import Happening
from tests.chaos.studio import PROJECTS, USER, Studio

COPYING_TAKES = timedelta(hours=20)
"""GitLab has copied all timelogs of a moved issue well within a day."""

A_DAY = timedelta(days=1)
_MOVES_AT_MOST = 2


@dataclass
class People:
    """met: how often what happened, by (label, "people"). touched: the ids of the entries of the latest happenings."""

    studio: Studio
    met: Counter[tuple[str, str]]
    touched: set[int] = field(default_factory=set)
    copied_at: datetime | None = None
    _moves: dict[Issuable, int] = field(default_factory=dict)
    _names: int = 0
    _is_away: bool = False

    def __post_init__(self) -> None:
        self._issues = list(self.studio.gitlab.issues)
        self._epic = self.studio.gitlab.add_epic("studio", "All of it")

    @property
    def now(self) -> datetime:
        return self.studio.clock.now().replace(microsecond=0)

    def do(self, one: Happening) -> None:
        if one.change.what in words.IN_GITLAB:
            self._in_gitlab(one)
        else:
            self._in_toggl(one)

    def finish_copying(self) -> None:
        self.studio.gitlab.finish_moves()
        self.copied_at = None

    def give_everything_back(self) -> None:
        gitlab = self.studio.gitlab
        for path in PROJECTS:
            gitlab.project(path).roles.pop(self.studio.me.username, None)
            gitlab.project(path).archived = False
        self._is_away = False

    def _in_toggl(self, one: Happening) -> None:
        studio, toggl, change = self.studio, self.studio.toggl, one.change
        entry = self._entry(change.pick)
        match change.what:
            case "track":
                self._type_in(one, self._ago(one, days=min(one.days, 1) if one.days < 3 else 0), words.TYPED)
            case "type late":
                self._type_in(one, self._ago(one, one.days), words.TYPED)
            case "plan ahead":
                self._type_in(one, self.now + timedelta(minutes=change.minute + 1), words.AHEAD)
            case "start timer":
                self.touched |= {one.id for one in toggl.entries if one.running}
                texts = change.said.fields(studio.gitlab.url)
                started = toggl.start_timer(
                    texts.pop("description"), project=studio.toggl_projects[change.project], billable=True, **texts
                )
                studio.said[started.id] = change.said
                self._meet(words.TIMER, started.id)
            case "stop timer":
                if any(one.running and one.deleted_at is None for one in toggl.entries):
                    self.touched.add(toggl.stop_timer().id)
            case "undelete":
                self._undelete(change.pick)
            case _ if entry is not None and not entry.running:
                self._edit(one, entry)

    def _edit(self, one: Happening, entry: Entry) -> None:
        studio, toggl, change = self.studio, self.studio.toggl, one.change
        label = words.EDITED
        match change.what:
            case "describe":
                studio.describe(entry.id, change.said)
            case "length":
                toggl.edit(entry.id, stop=change.seconds)
            case "project":
                toggl.edit(entry.id, project=studio.toggl_projects[change.project])
            case "billable":
                toggl.edit(entry.id, billable=not entry.billable)
            case "move by minutes" | "move by weeks":
                toggl.move(entry.id, self._moved(entry.start, one.shift_minutes))
                label = words.BY_MINUTES if change.what == "move by minutes" else words.BY_WEEKS
            case "delete":
                toggl.delete(entry.id)
                label = words.DELETED
            case "split":
                self._split(entry)
                label = words.SPLIT
        self._meet(label, entry.id, entry.start)

    def _moved(self, start: datetime, minutes: int) -> datetime:
        """Not to where it has not happened yet, nor so long ago that Toggl does not show it any more."""
        moved = start + timedelta(minutes=minutes)
        is_possible = self.now - timedelta(days=60) < moved < self.now - timedelta(hours=3)
        return moved if is_possible else start - timedelta(minutes=1)

    def _split(self, entry: Entry) -> None:
        assert entry.stop is not None
        middle = entry.start + (entry.stop - entry.start) // 2
        for part in self.studio.toggl.split(entry.id, middle.replace(microsecond=0)):
            self.studio.said[part.id] = self.studio.said[entry.id]
            self.touched.add(part.id)

    def _type_in(self, one: Happening, start: datetime, label: str) -> None:
        change = one.change
        entry = self.studio.track(
            change.said, start, change.seconds, change.project, billable=change.billable, at=self.now
        )
        self._meet(label, entry.id, start)

    def _undelete(self, pick: int) -> None:
        deleted = [entry for entry in self.studio.toggl.entries if entry.deleted_at is not None]
        if deleted:
            gone = deleted[pick % len(deleted)]
            back = self.studio.toggl.undelete(gone.id)
            self.studio.said[back.id] = self.studio.said[gone.id]
            self.touched.add(gone.id)
            self._meet(words.UNDELETED, back.id)

    def _in_gitlab(self, one: Happening) -> None:
        gitlab, change, me = self.studio.gitlab, one.change, self.studio.me
        issue = self._issue(change.pick)
        match change.what:
            case "close" if issue.moved_to is None:
                gitlab.close_issue(issue)
                self._meet(words.CLOSED)
            case "move issue" | "begin to move":
                self._move(issue, one)
            case "log on epic":
                gitlab.add_timelog(self._epic, me.username, 1800, self._ago(one, one.days), "by hand")
                self._meet(words.EPIC)
            case "vanish":
                gitlab.set_role(change.path, me.username, None)
                self._is_away = True
                self._meet(words.VANISHED)
            case "demote":
                gitlab.set_role(change.path, me.username, "guest")
                self._is_away = True
                self._meet(words.DEMOTED)
            case "archive":
                gitlab.project(self._left_behind(change.pick) or change.path).archived = True
                self._is_away = True
                self._meet(words.ARCHIVED)
            case "give back" if self._is_away:
                self.give_everything_back()
                self._meet(words.CAME_BACK)
            case "rename user":
                self._names += 1
                gitlab.rename_user(me.username, f"{USER}-{self._names}")
                self._meet(words.RENAMED)

    def _move(self, issue: Issuable, one: Happening) -> None:
        gitlab, change = self.studio.gitlab, one.change
        moves = self._moves.get(issue, 0)
        if issue.moved_to is not None or moves == _MOVES_AT_MOST:
            return
        path = change.path if change.path != issue.project.full_path else PROJECTS[PROJECTS.index(change.path) - 1]
        is_copying = change.what == "begin to move"
        if not is_copying and self.copied_at is not None:
            self.finish_copying()
        moved = gitlab.move_issue(issue, path, change.pick % 2 if is_copying else None)
        self._moves[moved] = moves + 1
        self._issues.append(moved)
        self.studio.issue_added(moved)
        if is_copying:
            self.copied_at = self.copied_at or self.now + timedelta(hours=1 + change.pick % 19)
        label = words.COPYING if is_copying else words.MOVED if gitlab.originals_stay else words.MOVED_CLEAN
        self._meet(label)

    def _meet(self, label: str, entry_id: int | None = None, start: datetime | None = None) -> None:
        """An entry of yesterday or today is not late."""
        if entry_id is not None:
            self.touched.add(entry_id)
        if start is None or abs(self.now - start) > 2 * A_DAY or label == words.AHEAD:
            self.met[label, "people"] += 1

    def _ago(self, one: Happening, days: int) -> datetime:
        """An instant so many days ago, early enough for what is done then to be over."""
        day = (self.now - days * A_DAY).date()
        instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=one.change.minute)
        return min(instant, self.now - timedelta(seconds=one.change.seconds + 1))

    def _issue(self, pick: int) -> Issuable:
        """Mostly one on which time is logged."""
        logged_on = [one.issuable for one in self.studio.gitlab.timelogs if one.issuable in self._issues]
        issues = logged_on if logged_on and pick % 5 else self._issues
        return issues[pick % len(issues)]

    def _left_behind(self, pick: int) -> str | None:
        """Mostly a project out of which an issue with time on it was moved."""
        logged_on = [one.issuable for one in self.studio.gitlab.timelogs if one.issuable.moved_to is not None]
        return logged_on[pick % len(logged_on)].project.full_path if logged_on and pick % 4 else None

    def _entry(self, pick: int) -> Entry | None:
        entries = [entry for entry in self.studio.toggl.entries if entry.deleted_at is None]
        return entries[-1 - pick % len(entries)] if entries else None
