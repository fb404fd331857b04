"""Time entries, and everything that people do to them.

What the service keeps of a change is `at`, a second of its own clock (`now`). It moves when an entry is typed in,
edited, moved, split or deleted, when it is stopped, also by starting the next one, and when its project is deleted. It
does not move when a project is renamed or a tag is deleted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from local.standins.toggl.instants import Moment, instant_of, stop_of
from local.standins.toggl.model import Entry, Project, User
from local.standins.toggl.workspaces import Workspaces, next_id

_EDITABLE = {"description", "start", "stop", "project", "task", "billable", "tags", "duration"}


class Tracking(Workspaces):
    """Who tracked what. An entry's id does not fit 32 bits, and ids grow as entries are made.

    undelete_keeps_id, settable: whether undoing a deletion brings back the same id, or the entry under a new one.
    """

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self.undelete_keeps_id = False
        self._entries: dict[int, Entry] = {}
        self._entry_ids = count(4_127_733_901, 1_013)

    @property
    def entries(self) -> list[Entry]:
        """All entries as they are now, deleted ones and those of other users included, in the order of adding."""
        with self.lock:
            return list(self._entries.values())

    def entry(self, id: int) -> Entry:  # noqa: A002 - the service's word
        """An entry as it is now, also a deleted one; raises KeyError."""
        return self._entries[id]

    def add_entry(
        self,
        description: str | None,
        start: Moment,
        stop: Moment | int | None = None,
        *,
        id: int | None = None,  # noqa: A002
        project: Project | int | str | None = None,
        task: str | None = None,
        workspace: int | None = None,
        billable: bool = False,
        tags: Iterable[str] | None = None,
        running: bool = False,
        duration: int | None = None,
        user: User | int | None = None,
        at: Moment | None = None,
    ) -> Entry:
        """Track time from `start` to `stop`, an instant or a number of seconds; without one the entry is running.

        It was tracked as it happened: `at` is the stop, or the start of what is running, unless it is given. For what
        is typed in afterwards there is `type_in`.
        duration: what the service says instead of stop - start; of a running entry -1 unless given (0, -epoch exist).
        project: a Project, its id, or the name of one that was added.
        """
        begins = instant_of(start)
        if running and stop is not None:
            raise ValueError("a running entry has no stop")
        ends = stop_of(begins, stop)
        with self.lock:
            found = self.find_project(project) if project is not None else None
            entry = Entry(
                id=id if id is not None else next_id(self._entry_ids, self._entries),
                description=description,
                start=begins,
                stop=ends,
                duration_seconds=_duration_seconds(begins, ends) if duration is None else duration,
                workspace_id=found.workspace_id if found and workspace is None else self.known_workspace(workspace),
                user_id=self.user_id if user is None else user.id if isinstance(user, User) else user,
                at=instant_of(at) if at is not None else ends or begins,
                project=found,
                task=task,
                billable=billable,
                tags=tuple(tags or ()),
            )
            if entry.id in self._entries:
                raise ValueError(f"there is an entry {entry.id} already")
            return self._keep(entry)

    def type_in(self, description: str | None, start: Moment, stop: Moment | int, **how: Any) -> Entry:
        """Add by hand, now, what was done at any time; `how` as in `add_entry`."""
        return self.add_entry(description, start, stop, at=self._this_second(), **how)

    def start_timer(self, description: str | None, **how: Any) -> Entry:
        """Start to track now, which stops what is running; `how` as in `add_entry`."""
        with self.lock:
            for entry in self._running():
                self.edit(entry.id, stop=self._this_second())
            return self.add_entry(description, self._this_second(), running=True, **how)

    def stop_timer(self) -> Entry:
        """Stop what is running now; raises LookupError when nothing is."""
        with self.lock:
            running = self._running()
            if not running:
                raise LookupError("nothing is running: call start_timer first")
            return self.edit(running[-1].id, stop=self._this_second())

    def edit(self, id: int, **changes: Any) -> Entry:  # noqa: A002
        """Change an entry by `add_entry`'s argument names; its duration follows the times."""
        with self.lock:
            old = self._present(id)
            if unknown := changes.keys() - _EDITABLE:
                raise ValueError(f"an entry has no {sorted(unknown)} to change")
            start = instant_of(changes["start"]) if "start" in changes else old.start
            ends = stop_of(start, changes.get("stop", old.stop))
            retimed = "start" in changes or "stop" in changes
            duration = _duration_seconds(start, ends) if retimed else old.duration_seconds
            project = changes.get("project", old.project)
            return self._keep(
                replace(
                    old,
                    start=start,
                    stop=ends,
                    duration_seconds=changes.get("duration", duration),
                    description=changes.get("description", old.description),
                    project=self.find_project(project) if project is not None else None,
                    task=changes.get("task", old.task),
                    billable=changes.get("billable", old.billable),
                    tags=tuple(changes.get("tags", old.tags) or ()),
                    at=self._this_second(),
                )
            )

    def move(self, id: int, start: Moment) -> Entry:  # noqa: A002
        """Let an entry begin at another time and last as long as before."""
        with self.lock:
            entry = self._present(id)
            length = None if entry.stop is None else round((entry.stop - entry.start).total_seconds())
            return self.edit(id, start=start, stop=length, duration=entry.duration_seconds)

    def split(self, id: int, *cuts: Moment) -> list[Entry]:  # noqa: A002
        """Cut an entry at instants within it: the first part keeps the id, the others get new ones."""
        with self.lock:
            entry = self._present(id)
            starts = [entry.start, *sorted(instant_of(cut) for cut in cuts)]
            stops = [*starts[1:], entry.stop]
            others = zip(starts[1:], stops[1:], strict=True)
            return [
                self.edit(id, stop=stops[0]),
                *(self._copy(entry, start=start, stop=stop) for start, stop in others),
            ]

    def delete(self, id: int) -> Entry:  # noqa: A002
        """Delete an entry: from now on only `since` shows it."""
        with self.lock:
            return self._keep(replace(self._present(id), at=self._this_second(), deleted_at=self._this_second()))

    def undelete(self, id: int) -> Entry:  # noqa: A002
        """Undo a deletion: the same entry again, or, by the service's other habit, its copy under a new id."""
        with self.lock:
            gone = self._entries[id]
            if gone.deleted_at is None:
                raise ValueError(f"the entry {id} is not deleted")
            if self.undelete_keeps_id:
                return self._keep(replace(gone, at=self._this_second(), deleted_at=None))
            return self._copy(gone, start=gone.start, stop=gone.stop)

    def forget(self, id: int) -> None:  # noqa: A002
        """Leave no trace of an entry, not even for `since`: a loss that the service does not tell."""
        with self.lock:
            del self._entries[id]

    def rename_project(self, project: Project | int | str, name: str) -> Project:
        """Its entries show the new name; their `at` stays."""
        return self._change_project(self.find_project(project), name=name)

    def archive_project(self, project: Project | int | str) -> Project:
        """Make a project inactive; its entries stay as they are."""
        return self._change_project(self.find_project(project), active=False)

    def delete_project(self, project: Project | int | str) -> None:
        """Its entries stay without a project, and their `at` moves."""
        with self.lock:
            gone = self._projects.pop(self.find_project(project).id)
            for entry in self._of_project(gone):
                if entry.deleted_at is None:
                    self._keep(replace(entry, project=None, at=self._this_second()))

    def delete_tag(self, tag: str) -> None:
        """It vanishes from all entries, whose `at` stays."""
        with self.lock:
            for entry in self.entries:
                self._keep(replace(entry, tags=tuple(one for one in entry.tags if one != tag)))

    def _change_project(self, project: Project, **changes: Any) -> Project:
        with self.lock:
            changed = self._projects[project.id] = replace(project, **changes)
            for entry in self._of_project(project):
                self._keep(replace(entry, project=changed))
            return changed

    def _of_project(self, project: Project) -> list[Entry]:
        return [entry for entry in self.entries if entry.project is not None and entry.project.id == project.id]

    def _running(self) -> list[Entry]:
        mine = (entry for entry in self.entries if entry.user_id == self.user_id)
        return [entry for entry in mine if entry.running and entry.deleted_at is None]

    def _present(self, id: int) -> Entry:  # noqa: A002
        entry = self._entries[id]
        if entry.deleted_at is not None:
            raise ValueError(f"the entry {id} is deleted: call undelete first")
        return entry

    def _copy(self, entry: Entry, *, start: datetime, stop: datetime | None) -> Entry:
        return self._keep(
            replace(
                entry,
                id=next_id(self._entry_ids, self._entries),
                start=start,
                stop=stop,
                duration_seconds=_duration_seconds(start, stop),
                at=self._this_second(),
                deleted_at=None,
            )
        )

    def _keep(self, entry: Entry) -> Entry:
        self._entries[entry.id] = entry
        return entry

    def _this_second(self) -> datetime:
        return self.now().replace(microsecond=0)


def _duration_seconds(start: datetime, stop: datetime | None) -> int:
    return -1 if stop is None else round((stop - start) / timedelta(seconds=1))
