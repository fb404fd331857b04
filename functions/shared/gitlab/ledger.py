"""GitLab's timelogs: the record of what was posted.

Time is logged through GraphQL because REST cannot say on which day it was spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from contract.errors import AmbiguousWrite, GitLabUserChanged, SyncError
from functions.shared.gitlab.account import User
from functions.shared.gitlab.issues import target_of
from functions.shared.gitlab.transport import (
    PAGE,
    PAGE_INFO,
    Transport,
    as_object,
    asked,
    batches,
    gid_of,
    number_of,
    string,
    wrong_shape,
)
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.place import Target
from functions.shared.model.timelog import Move, Timelog

_TIMELOG_FIELDS = (
    "id timeSpent spentAt summary user { id username } userPermissions { adminTimelog }"
    " issue { id moved updatedAt reference(full: true) movedTo { id movedTo { id } } }"
    " mergeRequest { id reference(full: true) }"
)
"""Never `project`: on an epic there is none, which makes the whole timelog null and adds an error.

An issue is followed to where it moved twice: GitLab allows no deeper nesting.
"""

_TIMELOGS = f"nodes {{ {_TIMELOG_FIELDS} }} {PAGE_INFO}"
_SPENT = f"startTime: $start, endTime: $end, first: {PAGE}"

PROJECTS_WITH_TIMELOGS = 4
"""One project with a page of timelogs has a complexity of about 60, of 250 allowed."""


class Ledger(Transport):
    """Reads, creates and deletes timelogs."""

    def timelogs(self, username: str, start: datetime, end: datetime) -> list[Timelog]:
        """The user's own timelogs that were spent from `start` to `end`, both included, to the last page.

        Timelogs without a time (REST and old tools write such) never match a window.
        """
        query = (
            "query($username: String, $start: Time, $end: Time, $after: String)"
            f" {{ timelogs(username: $username, {_SPENT}, after: $after) {{ {_TIMELOGS} }} }}"
        )
        variables = {"username": username, **_between(start, end)}
        return [_timelog(node) for node in self._pages(query, variables, "timelogs", whole=True)]

    def timelogs_of_others(self, paths: Iterable[str], user_id: str, start: datetime, end: datetime) -> list[Timelog]:
        """What others than this user have spent in some projects in that time; projects that cannot be seen have none.

        One request for 4 projects, and one for each further hundred timelogs of a project.
        """
        query = (
            "query($path: ID!, $start: Time, $end: Time, $after: String)"
            f" {{ project(fullPath: $path) {{ timelogs({_SPENT}, after: $after) {{ {_TIMELOGS} }} }} }}"
        )
        nodes: list[Any] = []
        for path, first in self._first_timelogs(paths, start, end):
            variables = {"path": path, **_between(start, end)}
            nodes += self._pages(query, variables, "project", "timelogs", first={"project": first}, whole=True)
        return [_timelog(node) for node in nodes if number_of(node.get("user")) != user_id]

    def _first_timelogs(self, paths: Iterable[str], start: datetime, end: datetime) -> Iterator[tuple[str, Any]]:
        """Each project that can be seen, with its first page."""
        for batch in batches(sorted(set(paths)), PROJECTS_WITH_TIMELOGS):
            declared = ", ".join(f"$p{number}: ID!" for number in range(len(batch)))
            fields = " ".join(
                f"p{number}: project(fullPath: $p{number}) {{ timelogs({_SPENT}) {{ {_TIMELOGS} }} }}"
                for number in range(len(batch))
            )
            variables = {f"p{number}": path for number, path in enumerate(batch)} | _between(start, end)
            query = f"query({declared}, $start: Time, $end: Time) {{ {fields} }}"
            data = self._read(query, variables, without_null_nodes=True)
            for number, path in enumerate(batch):
                project = asked(data, f"p{number}")
                if project is not None:
                    yield path, project

    def create_timelog(self, target: Target, seconds: int, spent_at: datetime, summary: str, user: User) -> None:
        """Log time. Not idempotent: after AmbiguousWrite, read the ledger before calling again.

        user: as whom. GitLab logs it as the token's user; when that is another one, because the token was changed in
        the middle of a run, the timelog is taken back and GitLabUserChanged raised: no plan would ever find it.
        """
        made = self._write(
            "timelogCreate",
            "mutation($input: TimelogCreateInput!)"
            " { timelogCreate(input: $input) { errors timelog { id user { id username } } } }",
            {
                "issuableId": target.gid,
                "timeSpent": f"{seconds}s",
                "spentAt": format_instant(spent_at),
                "summary": summary,
            },
            made="timelog",
        )
        author = as_object(made.get("user"))
        # By the number: a user who is renamed in the middle of a run stays the same.
        if str(author.get("id", user.id)).rpartition("/")[2] != user.id:
            self._take_back(made)
            raise GitLabUserChanged(
                f"The GitLab token was changed during the run: it belongs to {author.get('username')} now, but the run"
                f" posts as {user.username}. What was just posted is taken back. Start the run again."
            )

    def _take_back(self, made: Any) -> None:
        try:
            self.delete_timelog(gid_of(made))
        except SyncError as error:
            raise AmbiguousWrite(f"A timelog of another user cannot be taken back: {error.message}") from error

    def delete_timelog(self, gid: str) -> None:
        """Delete a timelog; of one that is gone GitLab says the same as of one that may not be: no_permission."""
        self._write(
            "timelogDelete",
            "mutation($input: TimelogDeleteInput!) { timelogDelete(input: $input) { errors timelog { id } } }",
            {"id": gid},
            made=None,
        )


def _between(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": format_instant(start), "end": format_instant(end)}


def _timelog(node: Any) -> Timelog:
    try:
        issue, merge_request = node["issue"], node["mergeRequest"]
        there = issue if issue is not None else merge_request
        return Timelog(
            gid=string(node["id"]),
            target=None if there is None else target_of(there),
            seconds=int(node["timeSpent"]),
            spent_at=parse_instant(node["spentAt"]),
            summary=string(node["summary"] or ""),
            move=_move_of(issue) if issue is not None and issue.get("moved") is True else None,
            may_be_deleted=node["userPermissions"]["adminTimelog"] is not False,
            author=string(as_object(node.get("user")).get("username", "")),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise wrong_shape("timelog") from error


def _move_of(issue: Any) -> Move:
    places = []
    moved_to = issue["movedTo"]
    while moved_to is not None:
        places.append(gid_of(moved_to))
        moved_to = moved_to.get("movedTo")
    return Move(parse_instant(issue["updatedAt"]), tuple(places))
