"""The doctor's looks at Toggl and GitLab, with the deployed settings and the deployed tokens. They write nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from cli.deployment.deployment import Deployment
from cli.deployment.record import read_record
from cli.doctor.findings import Facts, Found, ok, problem, skipped, warning
from cli.planning.remarks import QUOTA_FOR_A_RUN, doubts_about_map
from cli.terminal.text import counted, in_utc, printable, time_in_words
from functions.shared.gitlab.account import Access
from functions.shared.gitlab.client import GitLab
from functions.shared.gitlab.transport import OLDEST_VERSION
from functions.transform.pipeline import is_another_user

CLOCK_SECONDS = 60
EXPIRES_SOON_DAYS = 14


def look_at_toggl_token(facts: Facts) -> Iterator[Found]:
    profile = facts.known_toggl().profile()
    yield ok(f"works; it is {printable(profile.fullname, 80)}'s")
    timezone = facts.known_settings().timezone
    if profile.timezone != timezone:
        yield warning(
            f"the Toggl profile is in {printable(profile.timezone, 60)}, but days are counted in {timezone}:"
            f" {facts.deployment.how_to_set('timezone', profile.timezone)}, if that is not on purpose"
        )
    left, resets = facts.known_toggl().quota_left, profile.quota_resets_in_seconds
    when = "" if resets is None else f", all of them again in {time_in_words(resets)}"
    if left is None:
        yield ok("Toggl does not say how many requests are left")
    elif left < QUOTA_FOR_A_RUN:
        yield warning(f"{left} requests are left in this hour{when}: a run that needs more waits that long")
    else:
        yield ok(f"{left} requests are left in this hour{when}")


def look_at_toggl_workspace(facts: Facts) -> Iterator[Found]:
    wanted = facts.known_settings().toggl_workspace_id
    if not wanted:
        yield ok("entries of all workspaces count")
        return
    workspaces = facts.known_toggl().workspaces()
    if int(wanted) in workspaces:
        yield ok(f"only entries of {printable(workspaces[int(wanted)], 80)} ({wanted}) count")
        return
    there = ", ".join(f"{number} ({printable(name, 60)})" for number, name in sorted(workspaces.items()))
    yield problem(
        f"the token's user is in no workspace {wanted}, so every entry is left out:"
        f" {facts.deployment.how_to_set('toggl_workspace_id', 'NUMBER')}, with one of {there}"
    )


def look_at_gitlab_token(facts: Facts) -> Iterator[Found]:
    gitlab = facts.known_gitlab()
    token = gitlab.token()
    set_it = f"put a new one into the secret: {facts.deployment.command('tokens')}"
    if token is not None and "api" not in token.scopes:
        scopes = printable(", ".join(token.scopes), 120) or "none"
        yield problem(f"its scopes are {scopes}, but logging time needs api: {set_it}")
    if token is not None and token.expires is not None:
        days = (token.expires - facts.now.date()).days
        ends = f"it ends on {token.expires}"
        yield warning(f"{ends}: {set_it}") if days <= EXPIRES_SOON_DAYS else ok(ends)
    facts.user = gitlab.user()
    whose = f"works; it is {printable(facts.user.username, 80)}'s"
    yield ok(whose if token is not None else f"{whose}. GitLab does not say what its scopes are; it needs api")


def look_at_gitlab_version(facts: Facts) -> Iterator[Found]:
    version = facts.known_gitlab().version()
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        yield warning(f"GitLab calls its version {printable(version, 60)}; {OLDEST_VERSION} or later is needed")
    elif [int(number) for number in numbers.groups()] < [int(number) for number in OLDEST_VERSION.split(".")]:
        yield problem(
            f"GitLab {printable(version, 60)} cannot log time with a date: {OLDEST_VERSION} or later is needed"
        )
    else:
        yield ok(f"GitLab {printable(version, 60)}")


def look_at_gitlab_projects(facts: Facts) -> Iterator[Found]:
    settings, gitlab = facts.known_settings(), facts.known_gitlab()
    purposes: dict[str, str] = {}
    default = _path_of_default(settings.gitlab_project_id, gitlab)
    if default is None:
        yield problem(f"the default project {settings.gitlab_project_id}: {_NOT_SEEN}")
    else:
        purposes[default] = f"the default project {default}"
    mapped = {name: given for name, given in settings.project_map if given is not None}
    numbered = gitlab.projects_given({given for given in mapped.values() if given.isdigit()})
    for name, given in mapped.items():
        path = numbered[given].full_path if given in numbered else given
        purposes.setdefault(path, f"{path} (of {printable(name, 60)} in project_map)")
    access = gitlab.access(purposes)
    for path, purpose in purposes.items():
        yield _standing(purpose, access.get(path))


def look_at_project_map(facts: Facts) -> Iterator[Found]:
    """Whether Toggl has what the map names: a key that it does not know decides nothing."""
    settings = facts.known_settings()
    if not settings.project_map:
        yield ok("there is none: every entry belongs to the default project")
        return
    found = doubts_about_map(settings, facts.known_toggl())
    yield from (warning(printable(str(doubt), 400)) for doubt in found)
    if not found:
        yield ok(f"Toggl has every project that it names: {counted(len(settings.project_map), 'row')}")


_NOT_SEEN = "it does not exist, or the token's user cannot see it. Correct the setting, or make the user a member"


def _path_of_default(project: str, gitlab: GitLab) -> str | None:
    if not project.isdigit():
        return project
    found = gitlab.user_and_project(project)[1]
    return None if found is None else found.full_path


def _standing(purpose: str, access: Access | None) -> Found:
    if access is None:
        return problem(f"{purpose}: {_NOT_SEEN}")
    if access.archived:
        return problem(f"{purpose} is archived, so no time can be logged there")
    if access.may_log_time is None:
        return ok(f"{purpose} is there; this GitLab does not say whether the user may log time")
    if not access.may_log_time:
        return problem(f"{purpose}: the token's user may not log time there. Make the user Planner or above")
    return ok(f"{purpose}: the token's user may log time")


def look_at_gitlab_user(facts: Facts) -> Iterator[Found]:
    """A user is told by the number, which stays when it is renamed; an earlier version has left a name only."""
    record = read_record(facts.deployment)
    before = printable(record.posted_by, 80)
    if not record.posted_by:
        yield ok("nobody has posted yet")
        return
    if facts.user is None:
        yield skipped(f"{before} has posted so far; whose the token is now is not known")
        return
    now = printable(facts.user.username, 80)
    if not is_another_user(facts.user.id, facts.user.username, record):
        renamed = "" if record.posted_by == facts.user.username else f", now called {now},"
        yield ok(f"{before}{renamed} has posted so far, and the token is theirs")
    else:
        yield problem(
            f"{before} has posted so far, but the token is {now}'s, who would not recognise those timelogs:"
            f" {_use_or_accept(facts.deployment)}"
        )
    if record.user_changed_at is not None:
        yield ok(
            f"{before} has posted since {in_utc(record.user_changed_at)}; what an earlier user has logged is left"
            " alone, and not logged again while a run looks back so far"
        )


def _use_or_accept(deployment: Deployment) -> str:
    return f"use the former user's token, or start one run with {deployment.command('start', '--accept-new-user')}"


def look_at_toggl_clock(facts: Facts) -> Iterator[Found]:
    yield _clock("Toggl", facts.known_toggl().server_time)


def look_at_gitlab_clock(facts: Facts) -> Iterator[Found]:
    """GitLab refuses time that is in the future by its own clock."""
    yield _clock("GitLab", facts.known_gitlab().server_time)


def _clock(service: str, server_time: int | None) -> Found:
    """server_time: of an answer that came just now."""
    if server_time is None:
        return skipped(f"{service} did not give its time")
    ahead_seconds = server_time - int(time.time())
    if abs(ahead_seconds) <= CLOCK_SECONDS:
        return ok(f"{service}'s clock and this machine's agree")
    way = "ahead of" if ahead_seconds > 0 else "behind"
    return warning(f"{service}'s clock is {abs(ahead_seconds)} s {way} this machine's: one of the two is wrong")
