"""The questions that set an environment up; what is answered is tried at once on both services."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from zoneinfo import available_timezones

from cli.settings.environment_file import SetupProblem
from cli.settings.proposals import proposed_map
from cli.terminal.text import counted, printable
from contract.errors import GitLabUnauthorized, InvalidSettings, SyncError, TogglUnauthorized
from contract.settings import Settings
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.gitlab.client import GitLab
from functions.shared.model.place import Project
from functions.shared.toggl.client import Profile, Toggl

SHOWN_PROJECTS = 30

_T = TypeVar("_T")


class Asks(Protocol):
    """Who answers: a person, who is asked again after a wrong answer, or what is proposed."""

    @property
    def is_person(self) -> bool: ...

    def text(self, question: str, proposed: str) -> str: ...

    def secret(self, question: str) -> str: ...

    def yes(self, question: str) -> bool: ...

    def say(self, line: str) -> None: ...

    def introduce(self, line: str) -> None:
        """Say what the next question needs, where it is asked."""


@dataclass(frozen=True)
class Answers:
    """values: the settings by key, where None means that nothing is said. Tokens are in nothing that is printed."""

    values: Mapping[str, Any]
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"Answers({sorted(self.values)})"


def interview(asks: Asks, before: Settings, said: Collection[str], toggl_token: str, gitlab_token: str) -> Answers:
    """Ask for everything that a sync needs.

    before: what there is, which is proposed. said: the keys of it that are no mere defaults; the default server may be
    nobody's, so whoever has not said which one is theirs has to type it. The tokens: those that are there, or "".
    Raises SetupProblem when what is proposed is wrong and nobody is asked again, and what the clients raise when a
    service cannot be reached.
    """
    gitlab_url = _gitlab_url(asks, before.gitlab_url if "gitlab_url" in said else "")
    about = f"Your Toggl API token is at the bottom of your Toggl profile. It will be sent to {before.toggl_url}."
    toggl_token, (toggl, profile) = _with_token(
        asks, "Toggl API token", about, toggl_token, lambda token: _toggl(before, token)
    )
    asks.say(f"Toggl: it is {printable(profile.fullname, 80)}'s, in {printable(profile.timezone, 60)}.")
    about = f"Your GitLab access token needs the scope api. It will be sent to {gitlab_url}."
    gitlab_token, (gitlab, username) = _with_token(
        asks, "GitLab access token", about, gitlab_token, lambda token: _gitlab(before, gitlab_url, token)
    )
    asks.say(f"GitLab: time will be logged as {printable(username, 80)}.")
    proposed_zone = before.timezone if "timezone" in said else profile.timezone
    timezone = ask_setting(asks, "Time zone of days and of the schedule", "timezone", _zone(proposed_zone))
    workspaces = toggl.workspaces()
    workspace = _workspace(asks, workspaces, before)
    offered = gitlab.member_projects()
    known = before.gitlab_project_id if "gitlab_project_id" in said else ""
    default = _project(asks, gitlab, offered, known)
    counting = [int(workspace)] if workspace else sorted(workspaces)
    names = [name for one in counting for name in toggl.projects(one).values()]
    rows = _map(asks, proposed_map(names, offered, default.full_path), dict(before.project_map))
    values = {
        "gitlab_url": gitlab_url,
        "toggl_url": before.toggl_url if before.toggl_url != Settings().toggl_url else None,
        "gitlab_project_id": known if known == str(default.id) else default.full_path,
        "timezone": timezone,
        "toggl_workspace_id": workspace or None,
        "project_map": rows or None,
        **_on_aws(asks, before),
    }
    return Answers(values, toggl_token, gitlab_token)


def ask_setting(asks: Asks, question: str, key: str, proposed: str) -> str:
    """A setting that is allowed. Raises SetupProblem when what is proposed is not, and nobody is asked again."""

    def attempt() -> str:
        answer = asks.text(question, proposed)
        return str(getattr(Settings.from_context({key: answer}), key))

    return _tried(asks, attempt)


def _tried(asks: Asks, attempt: Callable[[], _T]) -> _T:
    """What an attempt gives; a person makes it until the answer is right, or with Ctrl-C none any more."""
    while True:
        try:
            return attempt()
        except (InvalidSettings, TogglUnauthorized, GitLabUnauthorized, SetupProblem) as error:
            if not asks.is_person:
                raise SetupProblem(f"{printable(error, 400)} Start again when you have it.") from error
            asks.say(printable(error, 400))


def _gitlab_url(asks: Asks, proposed: str) -> str:
    """A server that answers: a mistyped one is told before any token is typed, let alone sent there."""

    def attempt() -> str:
        url = ask_setting(asks, "GitLab server, like https://gitlab.example.com", "gitlab_url", proposed)
        try:
            open_gitlab(Settings.from_context({"gitlab_url": url}), "").username()
        except GitLabUnauthorized:
            return url  # as every GitLab answers whom it does not know
        except SyncError as error:
            raise SetupProblem(error.message) from error
        return url

    return _tried(asks, attempt)


def _zone(name: str) -> str:
    return name if name in available_timezones() else Settings().timezone


def _with_token(asks: Asks, name: str, about: str, token: str, opened: Callable[[str], _T]) -> tuple[str, _T]:
    """A token that its service takes, and what it opens: the one that is there, or else one that is typed."""
    known = [token] if token else []

    def attempt() -> tuple[str, _T]:
        if known:
            given = known.pop()
        else:
            asks.introduce(about)
            given = asks.secret(name)
        return given, opened(given)

    return _tried(asks, attempt)


def _toggl(before: Settings, token: str) -> tuple[Toggl, Profile]:
    toggl = open_toggl(before, token)
    try:
        return toggl, toggl.profile()
    except TogglUnauthorized as error:
        raise SetupProblem(f"{before.toggl_url} refuses this Toggl token.") from error


def _gitlab(before: Settings, url: str, token: str) -> tuple[GitLab, str]:
    """The client, and the user's name."""
    gitlab = open_gitlab(Settings.from_context({"gitlab_url": url, "max_wait": before.max_wait}), token)
    try:
        described, username = gitlab.token(), gitlab.username()
    except GitLabUnauthorized as error:
        raise SetupProblem(f"{url} refuses this GitLab token.") from error
    if described is not None and "api" not in described.scopes:
        raise SetupProblem("This GitLab token lacks the scope api, which logging time needs.")
    return gitlab, username


def _workspace(asks: Asks, workspaces: Mapping[int, str], before: Settings) -> str:
    """One of several workspaces, or "" for all."""
    if len(workspaces) < 2:
        return ""
    for number, name in sorted(workspaces.items()):
        asks.introduce(f"  {number}  {printable(name, 80)}")
    everything = "all"

    def attempt() -> str:
        answer = asks.text("Toggl workspace whose entries count", before.toggl_workspace_id or everything).strip()
        if answer == everything:
            return ""
        if not answer.isdigit() or int(answer) not in workspaces:
            raise SetupProblem(f"That is none of these: give a number from the list, or {everything}.")
        return answer

    return _tried(asks, attempt)


def _project(asks: Asks, gitlab: GitLab, offered: Sequence[Project], known: str) -> Project:
    """The default project, which the token's user can see and log time in. known: its path or its own number, or ""."""
    proposed = known
    if known.isdigit():  # the list has numbers too
        seen = gitlab.projects_given([known])
        proposed = seen[known].full_path if known in seen else ""
        if not seen:
            asks.say(_unseen(known))
    for number, project in enumerate(offered[:SHOWN_PROJECTS], 1):
        asks.introduce(f"  {number:2}  {printable(project.full_path, 120)}")
    if len(offered) > SHOWN_PROJECTS:
        asks.introduce(f"      and {counted(len(offered) - SHOWN_PROJECTS, 'other')}: give its path")
    asks.introduce("An entry like '#12 Fix the login' names no project: which one is meant?")

    def attempt() -> Project:
        answer = asks.text("GitLab project (a number of the list, or a path)", proposed)
        return _checked(gitlab, _chosen(answer.strip(), offered))

    return _tried(asks, attempt)


def _chosen(answer: str, offered: Sequence[Project]) -> str:
    if answer.isdigit() and 1 <= int(answer) <= min(len(offered), SHOWN_PROJECTS):
        return offered[int(answer) - 1].full_path
    if "/" not in answer:
        raise SetupProblem("Give a number from the list, or a path like group/project.")
    return str(Settings.from_context({"gitlab_project_id": answer}).gitlab_project_id)


def _checked(gitlab: GitLab, path: str) -> Project:
    access = gitlab.access([path]).get(path)
    if access is None:
        raise SetupProblem(_unseen(path))
    if access.archived:
        raise SetupProblem(f"{path} is archived, so no time can be logged there.")
    if access.may_log_time is False:
        raise SetupProblem(f"The token's user may not log time in {path}: Planner or above is needed.")
    return access.project


def _unseen(project: str) -> str:
    return f"There is no project {project} that the token's user can see."


def _map(asks: Asks, proposed: Mapping[str, str], before: Mapping[str, str | None]) -> dict[str, Any]:
    """The project map: what is there already, and what is proposed from equal names, if that is wanted."""
    new = {name: path for name, path in proposed.items() if name not in before}
    if not new:
        return dict(before)
    asks.say("These Toggl and GitLab projects have the same name:")
    for name, path in new.items():
        asks.say(f"  {printable(name, 80)} → {path}")
    return dict(before) | (new if asks.yes("Send the entries of these Toggl projects there?") else {})


def _on_aws(asks: Asks, before: Settings) -> dict[str, str | None]:
    """Where it is going to be deployed; nothing is said of what is left empty."""
    account = ask_setting(asks, "AWS account to deploy to, 12 digits (empty: not now)", "account", before.account)
    if not account:
        return {}
    return {
        "account": account,
        "region": ask_setting(asks, "AWS region", "region", before.region),
        "alarm_email": ask_setting(asks, "Mail address for alarms (empty: none)", "alarm_email", before.alarm_email)
        or None,
    }
