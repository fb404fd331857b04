"""Issues and other work items of a project, merge requests, and the epics of a group.

Ids are GitLab's global numbers. They start far from the iids and from each other: one taken for another is not found.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count

from local.standins.gitlab.model import Group, Issuable, Kind, Project
from local.standins.gitlab.projects import Projects


class Issuables(Projects):
    """What time is logged on, by id and by iid."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self._issuables: dict[tuple[str, int], Issuable] = {}
        self._issuables_by_iid: dict[tuple[str, int, int], Issuable] = {}
        self._last_iids: dict[tuple[str, int], int] = {}
        self._new_label_id = count(8_001).__next__
        self._new_merge_request_id = count(70_001).__next__
        self._new_issue_id = count(90_001).__next__

    @property
    def issues(self) -> list[Issuable]:
        """Every issue, in the order in which they were made."""
        return self._of_kind("Issue")

    @property
    def merge_requests(self) -> list[Issuable]:
        return self._of_kind("MergeRequest")

    def add_issue(
        self,
        project_path: str,
        title: str,
        *,
        iid: int | None = None,
        state: str = "opened",
        confidential: bool = False,
        labels: Iterable[str] = (),
        issue_type: str = "ISSUE",
        discussion_locked: bool = False,
        description: str = "",
    ) -> Issuable:
        """Add an issue, or a task or incident by `issue_type`. It gets the project's next iid unless one is given."""
        with self.lock:
            issue = self.new_issuable("Issue", self.project(project_path), title, iid=iid, description=description)
            issue.state = state
            issue.closed_at = self.now() if state == "closed" else None
            issue.confidential = confidential
            issue.discussion_locked = discussion_locked
            issue.issue_type = issue_type
            self.label(issue, labels)
            return issue

    def add_merge_request(
        self, project_path: str, title: str, *, iid: int | None = None, state: str = "opened"
    ) -> Issuable:
        with self.lock:
            merge_request = self.new_issuable("MergeRequest", self.project(project_path), title, iid=iid)
            merge_request.state = state
            return merge_request

    def add_epic(self, group_path: str, title: str, *, iid: int | None = None) -> Issuable:
        """Add an epic to a group that a project's path named. GitLab has it among the work items, in no project."""
        with self.lock:
            epic = self.new_issuable("GroupItem", self.group(group_path), title, iid=iid)
            epic.issue_type = "EPIC"
            return epic

    def close_issue(self, issue: Issuable) -> None:
        with self.lock:
            issue.state, issue.closed_at, issue.updated_at = "closed", self.now(), self.now()

    def label(self, issue: Issuable, titles: Iterable[str]) -> None:
        """Give an issue its labels; those that its project does not have yet are made."""
        issue.labels = list(dict.fromkeys(title.strip() for title in titles if title.strip()))
        for title in issue.labels:
            if title not in issue.project.label_ids:
                issue.project.label_ids[title] = self._new_label_id()

    def issuable(self, reference: str) -> Issuable:
        """What a full reference such as `group/project#12` or `group/project!45` names; raises KeyError."""
        path, sign, iid = re.split(r"([#!])", reference)
        return self._issuables_by_iid["Issue" if sign == "#" else "MergeRequest", self.project(path).id, int(iid)]

    def issuable_by_id(self, model: str, number: int) -> Issuable | None:
        """By a global id's two parts; a WorkItem is the Issue, or the epic, of the same number."""
        if model == "WorkItem":
            return self._issuables.get(("Issue", number)) or self._issuables.get(("GroupItem", number))
        return self._issuables.get((model, number))

    def exists(self, issuable: Issuable) -> bool:
        return (issuable.kind, issuable.id) in self._issuables

    def issuable_by_iid(self, kind: Kind, project: Project, iid: int) -> Issuable | None:
        return self._issuables_by_iid.get((kind, project.id, iid))

    def new_issuable(
        self, kind: Kind, place: Project | Group, title: str, *, iid: int | None = None, description: str = ""
    ) -> Issuable:
        """Add one with its place's next iid, or with the given one; raises ValueError when that is taken."""
        last_iid = self._last_iids.get((kind, place.id), 0)
        iid = last_iid + 1 if iid is None else iid
        if (kind, place.id, iid) in self._issuables_by_iid:
            raise ValueError(f"{place.full_path} already has a {kind} {iid}")
        self._last_iids[kind, place.id] = max(iid, last_iid)
        number = self._new_merge_request_id() if kind == "MergeRequest" else self._new_issue_id()
        now = self.now()
        issuable = Issuable(kind, number, iid, place, title, now, now, description=description)
        self._issuables[kind, number] = self._issuables_by_iid[kind, place.id, iid] = issuable
        return issuable

    def forget_issuable(self, issuable: Issuable) -> None:
        del self._issuables[issuable.kind, issuable.id]
        del self._issuables_by_iid[issuable.kind, issuable.place.id, issuable.iid]

    def _of_kind(self, kind: Kind) -> list[Issuable]:
        with self.lock:
            return [issuable for issuable in self._issuables.values() if issuable.kind == kind]
