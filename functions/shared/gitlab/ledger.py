"""GitLab's timelogs: the record of what was posted.

Time is logged through GraphQL because REST cannot say on which day it was spent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contract.errors import AmbiguousWrite, GitLabUserChanged, SyncError
from functions.shared.gitlab.issues import target_of
from functions.shared.gitlab.transport import PAGE, PAGE_INFO, Transport, as_object, gid_of, iid_of, string, wrong_shape
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.place import Target
from functions.shared.model.timelog import Timelog

_TIMELOG_FIELDS = (
    "id timeSpent spentAt summary issue { id moved reference(full: true) } mergeRequest { id iid } project { fullPath }"
)


class Ledger(Transport):
    """Reads, creates and deletes timelogs."""

    def timelogs(self, username: str, start: datetime, end: datetime) -> list[Timelog]:
        """The user's own timelogs that were spent from `start` to `end`, both included, to the last page.

        Timelogs without a time (REST and old tools write such) never match a window.
        """
        query = (
            "query($username: String, $start: Time, $end: Time, $after: String) {"
            f" timelogs(username: $username, startTime: $start, endTime: $end, first: {PAGE}, after: $after)"
            f" {{ nodes {{ {_TIMELOG_FIELDS} }} {PAGE_INFO} }} }}"
        )
        variables = {"username": username, "start": format_instant(start), "end": format_instant(end)}
        return [_timelog(node) for node in self._pages(query, variables, "timelogs", whole=True)]

    def create_timelog(self, target: Target, seconds: int, spent_at: datetime, summary: str, username: str) -> None:
        """Log time. Not idempotent: after AmbiguousWrite, read the ledger before calling again.

        username: as whom. GitLab logs it as the token's user; when that is another one, because the token was changed
        in the middle of a run, the timelog is taken back and GitLabUserChanged raised: no plan would ever find it.
        """
        made = self._write(
            "timelogCreate",
            "mutation($input: TimelogCreateInput!)"
            " { timelogCreate(input: $input) { errors timelog { id user { username } } } }",
            {
                "issuableId": target.gid,
                "timeSpent": f"{seconds}s",
                "spentAt": format_instant(spent_at),
                "summary": summary,
            },
            made="timelog",
        )
        author = as_object(made.get("user")).get("username", username)
        if author != username:
            self._take_back(made)
            raise GitLabUserChanged(
                f"The GitLab token was changed during the run: it belongs to {author} now, but the run posts as"
                f" {username}. What was just posted is taken back. Start the run again."
            )

    def _take_back(self, made: Any) -> None:
        try:
            self.delete_timelog(gid_of(made))
        except SyncError as error:
            raise AmbiguousWrite(f"A timelog of another user's cannot be taken back: {error.message}") from error

    def delete_timelog(self, gid: str) -> None:
        """Delete a timelog; of one that is gone GitLab says the same as of one that may not be: no_permission."""
        self._write(
            "timelogDelete",
            "mutation($input: TimelogDeleteInput!) { timelogDelete(input: $input) { errors timelog { id } } }",
            {"id": gid},
            made=None,
        )


def _timelog(node: Any) -> Timelog:
    try:
        issue, merge_request = node["issue"], node["mergeRequest"]
        if issue is not None:
            target: Target | None = target_of(issue)
        elif merge_request is not None:
            target = Target(gid_of(merge_request), f"{node['project']['fullPath']}!{iid_of(merge_request)}")
        else:
            target = None
        return Timelog(
            gid=string(node["id"]),
            target=target,
            seconds=int(node["timeSpent"]),
            spent_at=parse_instant(node["spentAt"]),
            summary=string(node["summary"] or ""),
            on_moved_issue=issue is not None and issue.get("moved") is True,
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise wrong_shape("timelog") from error
