"""GitLab's own rules for logging time, deleting what was logged, and creating issues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from local.standins.gitlab.durations import parse_duration
from local.standins.gitlab.model import Issuable, Timelog, User
from local.standins.gitlab.text import mentions_in, split_quick_actions
from local.standins.gitlab.visibility import find_issuable, find_project
from local.standins.gitlab.world import World

MAX_SECONDS_PER_ISSUABLE = 31_557_600
MAX_TEXT_CHARACTERS = 255


class NotAvailableError(Exception):
    """What was asked for is not there, or the user may not have it: GitLab does not say which."""


class RejectedError(Exception):
    """A write that GitLab refuses with words in the payload's `errors`."""


def log_time(
    world: World, user: User, model: str, number: int, *, time_spent: str, spent_at: datetime | None, summary: str
) -> Timelog:
    """timelogCreate, not idempotent. Checks in GitLab's order; raises NotAvailableError and RejectedError."""
    seconds = parse_duration(time_spent)
    if seconds is None:
        raise RejectedError("Time spent must be formatted correctly. For example: 1h 30m.")
    issuable = find_issuable(world, user, model, number)
    if issuable is None or not _may_log_time(world, user, issuable):
        raise NotAvailableError
    now = world.now()
    if spent_at is not None and spent_at > now:
        raise RejectedError("Spent at can't be a future date and time.")
    if seconds == 0:
        raise RejectedError("Time spent can't be zero.")
    total, reasons = world.total_seconds(issuable) + seconds, []
    if len(summary) > MAX_TEXT_CHARACTERS:
        reasons.append(f"Summary is too long (maximum is {MAX_TEXT_CHARACTERS} characters)")
    if total < 0:
        reasons.append("Total time spent cannot be negative.")
    if total > MAX_SECONDS_PER_ISSUABLE:
        reasons.append("Total time spent cannot exceed a year.")
    if reasons:
        raise RejectedError(" and ".join(reasons))
    timelog = world.put_timelog(issuable, user, seconds, (spent_at or now).astimezone(UTC), summary)
    world.logged(timelog)
    return timelog


def _may_log_time(world: World, user: User, issuable: Issuable) -> bool:
    """Members from planner up (older servers: reporter), where nothing is archived; epics take time too."""
    return not _is_archived(issuable) and world.has_role(user, issuable.place, world.timelog_role)


def may_delete(user: User, timelog: Timelog) -> bool:
    """Its author may, and so may maintainers; nobody in an archived project, and nobody on an epic."""
    if timelog.issuable.kind == "GroupItem" or _is_archived(timelog.issuable):
        return False
    return timelog.user is user or timelog.issuable.project.has_role(user, "maintainer")


def _is_archived(issuable: Issuable) -> bool:
    return issuable.kind != "GroupItem" and issuable.project.archived


def delete_timelog(world: World, user: User, number: int) -> Timelog:
    """timelogDelete; raises NotAvailableError."""
    timelog = world.timelog(number)
    if timelog is None or not may_delete(user, timelog):
        raise NotAvailableError
    world.remove_timelog(timelog)
    return timelog


def create_issue(
    world: World,
    user: User,
    project_path: str,
    title: str,
    *,
    description: str = "",
    labels: Iterable[str] = (),
    confidential: bool = False,
    issue_type: str = "ISSUE",
) -> Issuable:
    """createIssue, with the quick actions and mentions of its text; raises NotAvailableError and RejectedError."""
    project = find_project(world, user, project_path)
    if project is None or project.archived or not project.has_role(user, world.issue_role):
        raise NotAvailableError
    if not title.strip():
        raise RejectedError("Title can't be blank")
    if len(title) > MAX_TEXT_CHARACTERS:
        raise RejectedError(f"Title is too long (maximum is {MAX_TEXT_CHARACTERS} characters)")
    text, actions = split_quick_actions(description)
    issue = world.new_issuable("Issue", project, title.strip(), description=text)
    issue.author, issue.confidential, issue.issue_type = user, confidential, issue_type
    world.label(issue, labels)
    for name, argument in actions:
        world.quick_actions.append((issue.reference, f"/{name} {argument}".strip()))
        _run_quick_action(world, user, issue, name, argument)
    world.mentions.extend((issue.reference, username) for username in mentions_in(f"{title}\n{text}"))
    return issue


def _run_quick_action(world: World, user: User, issue: Issuable, name: str, argument: str) -> None:
    if name == "close":
        world.close_issue(issue)
    seconds = parse_duration(argument) if name in ("spend", "spend_time") else None
    if seconds:
        world.put_timelog(issue, user, seconds, world.now(), None)
