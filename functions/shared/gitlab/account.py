"""Whose token it is, what it may do, and which version of GitLab answers."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from contract.errors import GitLabTooOld, GitLabUnauthorized
from functions.shared.gitlab.projects import PROJECT_FIELDS, Projects, first_projects, project_of
from functions.shared.gitlab.transport import as_object, asked, number_of, string, wrong_shape
from functions.shared.model.place import Project

_LOGS_TIME_LEVEL = 15
"""GitLab's number of the role Planner; servers that do not know it have Reporter (20) as the least."""


class Token(NamedTuple):
    """What GitLab says of the token itself. expires: the first day on which it does not work any more."""

    scopes: tuple[str, ...]
    expires: date | None


class User(NamedTuple):
    """Whose token it is. id: a number as a text, which stays when the user is renamed."""

    id: str
    username: str


class Access(NamedTuple):
    """What the token's user is in a project. may_log_time: None when GitLab does not tell roles (before 16.9)."""

    project: Project
    may_log_time: bool | None
    archived: bool


class Account(Projects):
    """Reads what GitLab says of the token and of its user."""

    def user(self) -> User:
        """The token's user, who is the author of every timelog that this client writes."""
        return _user_in(self._read("query { currentUser { id username } }", {}))

    def username(self) -> str:
        """The name of the token's user."""
        return self.user().username

    def version(self) -> str:
        """The server's version, like `18.5.2-ee`."""
        data = self._read("query { metadata { version } }", {})
        version = as_object(asked(data, "metadata")).get("version")
        if not isinstance(version, str):
            raise wrong_shape("version")
        return version

    def token(self) -> Token | None:
        """The token's scopes and end; None when GitLab does not tell (before 15.5, or no personal access token).

        REST, which any token may ask about itself; GraphQL does not know scopes.
        """
        answer = self._answer("GET", "/api/v4/personal_access_tokens/self", None)
        if answer.status in {401, 429}:
            self._raise_for_refusal(answer)
        if answer.status != 200:
            return None
        try:
            content = as_object(answer.json())
            expires = content.get("expires_at")
            return Token(
                tuple(string(scope) for scope in content["scopes"]),
                None if expires is None else date.fromisoformat(string(expires)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise wrong_shape("token") from error

    def access(self, paths: Iterable[str]) -> dict[str, Access]:
        """The projects that can be seen, with what the token's user may do there, by the path that was asked for."""
        try:
            return self._access(paths, "archived maxAccessLevel { integerValue }")
        except GitLabTooOld:
            return self._access(paths, "archived")

    def _access(self, paths: Iterable[str], fields: str) -> dict[str, Access]:
        nodes = self._project_nodes(paths, f"{PROJECT_FIELDS} {fields}")
        return {path: _access_in(node) for path, node in nodes.items()}

    def user_and_project(self, project: str) -> tuple[User, Project | None]:
        """The token's user, and a project by its number or path, in one request; None when there is none to see."""
        user, seen = self.user_and_projects([project])
        return user, seen.get(project)

    def user_and_projects(self, given: Iterable[str]) -> tuple[User, dict[str, Project]]:
        """The same of several projects, those that can be seen by how they are given.

        One request for up to 33 paths and 100 numbers.
        """
        first, rest = first_projects(given)
        data = self._read(f"query{first.declared} {{ currentUser {{ id username }} {first.fields} }}", first.variables)
        return _user_in(data), first.seen_in(data) | self.projects_given(rest)


def _user_in(data: Mapping[str, Any]) -> User:
    user = asked(data, "currentUser")
    if user is None:
        raise GitLabUnauthorized("GitLab does not know the token's user. Put a personal access token into the secret.")
    username = user.get("username") if isinstance(user, dict) else None
    if not isinstance(username, str) or not username:
        raise wrong_shape("currentUser")
    return User(number_of(user), username)


def _access_in(node: Any) -> Access:
    level = as_object(node.get("maxAccessLevel")).get("integerValue")
    return Access(
        project=project_of(node),
        may_log_time=level >= _LOGS_TIME_LEVEL if isinstance(level, int) else None,
        archived=node.get("archived") is True,
    )
