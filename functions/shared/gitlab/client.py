"""The GitLab client: the only place that knows GitLab's paths, fields, limits and error texts.

Facts: GitLab's GraphQL API reference (docs.gitlab.com, 18.5) and its limits: complexity 250, pages of 100, query text
of 10,000 characters. Time is logged through GraphQL because REST cannot say on which day it was spent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabTooOld,
    GitLabUnauthorized,
    GitLabUnavailable,
    GitLabUserChanged,
    InvalidSettings,
    SyncError,
)
from contract.names import PRODUCT
from functions.shared.http import Answer, Http, NoAnswer, NotSent
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model import Found, NewIssue, Project, Target, Timelog, Titled, Wanted

_T = TypeVar("_T")

PAGE = 100
PROJECTS_WITHOUT_ISSUES = 33
PROJECTS_A_QUERY = 3
"""One project with 100 issues, 100 merge requests and 100 titles has a complexity of about 70, of 250 allowed."""

PAGES_AT_MOST = 1_000
"""100,000 timelogs; a server whose pages never end must not hold a Lambda."""

MOVES_FOLLOWED = 10
RATE_LIMIT_WAIT_SECONDS = 60
"""How long to wait after a 429 that does not say: GitLab's limits count by the minute."""

NO_PERMISSION = "no_permission"

ISSUE_MARKER = PRODUCT
ISSUE_DESCRIPTION = f"Created by {PRODUCT} for time that was tracked in Toggl Track."

_ISSUE_FIELDS = "id moved reference(full: true)"
_PROJECT_FIELDS = "id fullPath nameWithNamespace"
_MOVED_FIELDS = f"{_ISSUE_FIELDS} movedTo {{ {_ISSUE_FIELDS} movedTo {{ {_ISSUE_FIELDS} }} }}"
"""An issue and where it moved to, twice over; who moved more often is asked for one by one."""

_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_TITLE_PAGE = f"nodes {{ title state {_MOVED_FIELDS} }} {_PAGE_INFO}"
_TIMELOG_FIELDS = (
    "id timeSpent spentAt summary issue { id moved reference(full: true) } mergeRequest { id iid } project { fullPath }"
)
_PERMISSION_TEXT = "you don't have permission"
_MISSING_FIELD = re.compile(r"Field '\w+' doesn't exist|Cannot query field")
_UNKNOWN_OUTCOME_TEXTS = ("Internal server error", "Timeout on")
_ISSUE_MARKER_PATTERN = re.compile(rf"<!-- {ISSUE_MARKER}:([0-9a-f]{{16}}) -->")

_LOGS_TIME_LEVEL = 15
"""GitLab's number of the role Planner; servers that do not know it have Reporter (20) as the least."""

_Piece = tuple[str, str, list[int], list[int], bool]
"""What of one project goes into one request: key, path, iids of issues and of merge requests, whether its titles."""


@dataclass(frozen=True, slots=True)
class Token:
    """What GitLab says of the token itself. expires: the first day on which it does not work any more."""

    scopes: tuple[str, ...]
    expires: date | None


@dataclass(frozen=True, slots=True)
class Access:
    """What the token's user is in a project. may_log_time: None when GitLab does not tell roles (before 16.9)."""

    project: Project
    may_log_time: bool | None
    archived: bool


class GitLab:
    """Reads what a plan needs, and writes timelogs.

    Reading raises GitLabUnavailable, GitLabRateLimited, GitLabUnauthorized, GitLabTooOld or InvalidSettings.
    Writing raises those that prove that nothing was written (GitLabUnavailable only for a connection that was never
    made), EntryRejected, or AmbiguousWrite.
    server_time: what GitLab's clock said in its last answer, in seconds since 1970.
    """

    def __init__(self, base_url: str, token: str, max_wait_seconds: int) -> None:
        self.http = Http(f"Bearer {token}", token)
        self._base_url = base_url
        self._max_wait_seconds = max_wait_seconds
        self.server_time: int | None = None

    def username(self) -> str:
        """The name of the token's user, who is the author of every timelog that this client writes."""
        return self._username(self._read("query { currentUser { username } }", {}))

    def version(self) -> str:
        """The server's version, like `18.5.2-ee`."""
        data = self._read("query { metadata { version } }", {})
        version = _object(_asked(data, "metadata")).get("version")
        if not isinstance(version, str):
            raise _wrong_shape("version")
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
            told = _object(answer.json())
            expires = told.get("expires_at")
            return Token(
                tuple(_string(scope) for scope in told["scopes"]),
                None if expires is None else date.fromisoformat(_string(expires)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _wrong_shape("token") from error

    def access(self, paths: Iterable[str]) -> dict[str, Access]:
        """The projects that can be seen, with what the token's user may do there, by the path that was asked for."""
        try:
            return self._access(paths, "archived maxAccessLevel { integerValue }")
        except GitLabTooOld:
            return self._access(paths, "archived")

    def _access(self, paths: Iterable[str], fields: str) -> dict[str, Access]:
        nodes = self._project_nodes(paths, f"{_PROJECT_FIELDS} {fields}")
        return {path: _access_in(node) for path, node in nodes.items()}

    def user_and_project(self, project: str) -> tuple[str, Project | None]:
        """The token's user, and a project by its number or path, in one request; None when there is none to see."""
        username, found, _others = self.user_and_projects(project, ())
        return username, found

    def user_and_projects(self, project: str, paths: Iterable[str]) -> tuple[str, Project | None, list[Project]]:
        """The same, and those of some other projects that can be seen: one request for up to 33 of them."""
        first, *rest = list(_batches(sorted(set(paths)), PROJECTS_WITHOUT_ISSUES)) or [[]]
        by_number = project.isdigit()
        declared = [f"$own: {'[ID!]' if by_number else 'ID!'}", *(f"$p{number}: ID!" for number in range(len(first)))]
        own = (
            f"own: projects(ids: $own, first: 1) {{ nodes {{ {_PROJECT_FIELDS} }} }}"
            if by_number
            else f"own: project(fullPath: $own) {{ {_PROJECT_FIELDS} }}"
        )
        others = " ".join(f"p{n}: project(fullPath: $p{n}) {{ {_PROJECT_FIELDS} }}" for n in range(len(first)))
        data = self._read(
            f"query({', '.join(declared)}) {{ currentUser {{ username }} {own} {others} }}",
            {"own": [f"gid://gitlab/Project/{project}"] if by_number else project}
            | {f"p{number}": path for number, path in enumerate(first)},
        )
        node = next(iter(_nodes(data, "own")), None) if by_number else _asked(data, "own")
        seen = [_asked(data, f"p{number}") for number in range(len(first))]
        more = [found for batch in rest for found in self.projects_by_path(batch).values()]
        return (
            self._username(data),
            None if node is None else _project(node),
            [*(_project(other) for other in seen if other is not None), *more],
        )

    def projects_by_path(self, paths: Iterable[str]) -> dict[str, Project]:
        """The projects that can be seen, by the path that was asked for."""
        return {path: _project(node) for path, node in self._project_nodes(paths, _PROJECT_FIELDS).items()}

    def _project_nodes(self, paths: Iterable[str], wanted: str) -> dict[str, Any]:
        """The projects that can be seen, each with the wanted fields, by the path that was asked for."""
        found: dict[str, Any] = {}
        for batch in _batches(sorted(set(paths)), PROJECTS_WITHOUT_ISSUES):
            declared = ", ".join(f"$p{number}: ID!" for number in range(len(batch)))
            fields = " ".join(
                f"p{number}: project(fullPath: $p{number}) {{ {wanted} }}" for number in range(len(batch))
            )
            data = self._read(f"query({declared}) {{ {fields} }}", {f"p{n}": path for n, path in enumerate(batch)})
            answers = {path: _asked(data, f"p{number}") for number, path in enumerate(batch)}
            found |= {path: node for path, node in answers.items() if node is not None}
        return found

    def projects_named(self, name_with_namespace: str) -> list[Project]:
        """The user's projects whose name with namespace is this one (`Group / Project`), as page titles show it."""
        name = name_with_namespace.rsplit(" / ", 1)[-1]
        query = (
            "query($search: String, $after: String)"
            " { projects(search: $search, membership: true, first: 100, after: $after)"
            f" {{ nodes {{ {_PROJECT_FIELDS} }} {_PAGE_INFO} }} }}"
        )
        candidates = [_project(node) for node in self._pages(query, {"search": name}, "projects")]
        return [project for project in candidates if project.name_with_namespace == name_with_namespace]

    def find(self, wanted: Mapping[str, Wanted], *, closed_too: bool = False) -> dict[str, Found]:
        """What there is of the wanted, under the same keys; a project that cannot be seen is missing.

        At most 100 numbers and 100 titles a project and `PROJECTS_A_QUERY` projects go into one request.
        closed_too: whether the titles are those of all issues, or of the open ones only.
        """
        state = "all" if closed_too else "opened"
        found: dict[str, Found] = {}
        for batch in _batches(list(_pieces(wanted)), PROJECTS_A_QUERY):
            for path, piece in self._find_batch(batch, state):
                known = found.get(path)
                found[path] = (
                    piece
                    if known is None
                    else Found(
                        piece.project,
                        {**known.issues, **piece.issues},
                        {**known.merge_requests, **piece.merge_requests},
                        known.titles + piece.titles,
                    )
                )
        return found

    def marked_issues(self, project_path: str) -> dict[str, Target]:
        """The issues of a project whose description has the marker of an auto-created one, by the key in it.

        In any state and under any title; of several with one key, the oldest. A moved one is given where it moved to.
        """
        query = (
            "query($path: ID!, $search: String, $after: String) { project(fullPath: $path)"
            " { issues(search: $search, in: [DESCRIPTION], first: 100, after: $after)"
            f" {{ nodes {{ iid description {_MOVED_FIELDS} }} {_PAGE_INFO} }} }} }}"
        )
        found: dict[str, tuple[int, Target]] = {}
        variables = {"path": project_path, "search": ISSUE_MARKER}
        for node in self._pages(query, variables, "project", "issues"):
            target = self._followed(node)
            for key in _ISSUE_MARKER_PATTERN.findall(node.get("description") or ""):
                if target is not None and (key not in found or _iid(node) < found[key][0]):
                    found[key] = (_iid(node), target)
        return {key: target for key, (_number, target) in found.items()}

    def create_issue(self, issue: NewIssue, labels: Iterable[str]) -> Target:
        """Create an issue. Not idempotent: after AmbiguousWrite, look for it with `marked_issues` first.

        Its description is fixed text with the marker: nothing that came from outside may become a quick action.
        """
        created = self._write(
            "createIssue",
            "mutation($input: CreateIssueInput!) { createIssue(input: $input)"
            f" {{ errors issue {{ {_ISSUE_FIELDS} }} }} }}",
            {
                "projectPath": issue.project_path,
                "title": issue.title,
                "description": f"{ISSUE_DESCRIPTION}\n\n<!-- {ISSUE_MARKER}:{issue.key} -->",
                "labels": list(labels),
            },
            made="issue",
        )
        try:
            return _target(created)
        except GitLabUnavailable as error:
            raise AmbiguousWrite(f"The new issue is there, but not what it is called: {error.message}") from error

    def timelogs(self, username: str, start: datetime, end: datetime) -> list[Timelog]:
        """The user's own timelogs that were spent from `start` to `end`, both included, to the last page.

        Timelogs without a time (REST and old tools write such) never match a window.
        """
        query = (
            "query($username: String, $start: Time, $end: Time, $after: String) {"
            " timelogs(username: $username, startTime: $start, endTime: $end, first: 100, after: $after)"
            f" {{ nodes {{ {_TIMELOG_FIELDS} }} {_PAGE_INFO} }} }}"
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
        author = _object(made.get("user")).get("username", username)
        if author != username:
            self._take_back(made)
            raise GitLabUserChanged(
                f"The GitLab token was changed during the run: it belongs to {author} now, but the run posts as"
                f" {username}. What was just posted is taken back. Start the run again."
            )

    def _take_back(self, made: Any) -> None:
        try:
            self.delete_timelog(_gid(made))
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

    def _find_batch(self, batch: list[_Piece], state: str) -> Iterator[tuple[str, Found]]:
        declared, fields = [], []
        variables: dict[str, Any] = {}
        for number, (_key, path, issues, merge_requests, titles) in enumerate(batch):
            parts = [_PROJECT_FIELDS]
            declared.append(f"$p{number}: ID!")
            variables[f"p{number}"] = path
            if issues:
                declared.append(f"$i{number}: [String!]")
                variables[f"i{number}"] = [str(iid) for iid in issues]
                parts.append(f"issues(iids: $i{number}, first: 100) {{ nodes {{ iid {_MOVED_FIELDS} }} }}")
            if merge_requests:
                declared.append(f"$m{number}: [String!]")
                variables[f"m{number}"] = [str(iid) for iid in merge_requests]
                parts.append(f"mergeRequests(iids: $m{number}, first: 100) {{ nodes {{ id iid }} }}")
            if titles:
                parts.append(f"titles: issues(state: {state}, first: 100) {{ {_TITLE_PAGE} }}")
            fields.append(f"p{number}: project(fullPath: $p{number}) {{ {' '.join(parts)} }}")
        data = self._read(f"query({', '.join(declared)}) {{ {' '.join(fields)} }}", variables)
        for number, (key, *_asked_for) in enumerate(batch):
            node = _asked(data, f"p{number}")
            if node is not None:
                yield key, self._found(node, state)

    def _found(self, node: Any, state: str) -> Found:
        project = _project(node)
        issues = {}
        for issue in _nodes(node, "issues") if node.get("issues") is not None else []:
            target = self._followed(issue)
            if target is not None:
                issues[_iid(issue)] = target
        merge_requests = {
            _iid(item): Target(_gid(item), f"{project.full_path}!{_iid(item)}")
            for item in (_nodes(node, "mergeRequests") if node.get("mergeRequests") is not None else [])
        }
        return Found(project, issues, merge_requests, self._titles(node, project, state))

    def _titles(self, node: Any, project: Project, state: str) -> tuple[Titled, ...]:
        """The first page of titles came with the project; the others are asked for."""
        first = node.get("titles")
        if first is None:
            return ()
        query = (
            f"query($path: ID!, $after: String) {{ project(fullPath: $path) {{"
            f" titles: issues(state: {state}, first: 100, after: $after) {{ {_TITLE_PAGE} }} }} }}"
        )
        pages = self._pages(query, {"path": project.full_path}, "project", "titles", first={"project": node})
        titled = []
        for issue in pages:
            target = self._followed(issue)
            if target is not None:
                titled.append(Titled(_string(issue["title"]), issue.get("state") == "opened", target))
        return tuple(titled)

    def _followed(self, issue: Any) -> Target | None:
        """The issue itself, or where it moved to; None when that cannot be seen."""
        for _move in range(MOVES_FOLLOWED):
            if not issue.get("moved"):
                return _target(issue)
            if "movedTo" not in issue:
                query = f"query($id: IssueID!) {{ issue(id: $id) {{ {_ISSUE_FIELDS} movedTo {{ {_ISSUE_FIELDS} }} }} }}"
                issue = _object(_asked(self._read(query, {"id": _gid(issue)}), "issue"))
            issue = _object(issue.get("movedTo")) if issue.get("moved") else issue
            if not issue:
                return None
        return None

    def _pages(
        self,
        query: str,
        variables: dict[str, Any],
        *path: str,
        first: dict[str, Any] | None = None,
        whole: bool = False,
    ) -> Iterator[Any]:
        """The nodes of all pages of the connection at `path`.

        first: the first page's data, if it is there already. whole: whether a null, which is a node that cannot be
        read, makes the answer useless.
        """
        *parents, connection = path
        after: str | None = None
        for _page in range(PAGES_AT_MOST):
            data = self._read(query, {**variables, "after": after}) if first is None else first
            first = None
            for parent in parents:
                data = _object(data.get(parent))
            yield from _nodes(data, connection, whole=whole)
            page = _object(data[connection].get("pageInfo"))
            # An answer that does not say whether it is the last one is not taken for the last one.
            if not isinstance(page.get("hasNextPage"), bool):
                raise _wrong_shape(f"page of {connection}")
            if not page["hasNextPage"]:
                return
            if not page.get("endCursor") or page["endCursor"] == after:
                raise GitLabUnavailable(f"GitLab's answer has a next page of {connection}, but does not say where.")
            after = page["endCursor"]
        raise GitLabUnavailable(f"GitLab's {connection} do not end after {PAGES_AT_MOST} pages. Ask for fewer days.")

    def _read(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._answer("POST", "/api/graphql", {"query": query, "variables": variables})
        self._raise_for_refusal(answer)
        if answer.status in {301, 302, 303, 307, 308, 404}:
            raise InvalidSettings(
                f"gitlab_url ({self._base_url}) is not a GitLab API: it answers with HTTP {answer.status}."
                " Set gitlab_url."
            )
        if answer.status != 200:
            raise GitLabUnavailable(f"GitLab answered with HTTP {answer.status}.")
        try:
            content = answer.json()
        except ValueError as error:
            raise GitLabUnavailable("GitLab answered with something that is no JSON.") from error
        data = content.get("data") if isinstance(content, dict) else None
        if isinstance(content, dict) and content.get("errors"):
            raise self._read_error(content["errors"])
        if not isinstance(data, dict):
            raise GitLabUnavailable("GitLab answered without data.")
        return data

    def _answer(self, method: str, path: str, body: Any) -> Answer:
        """The answer to a request that only reads, whatever its status."""
        try:
            return self._request(method, path, body)
        except (NotSent, NoAnswer) as error:
            raise GitLabUnavailable(f"GitLab at {self._base_url} did not answer: {error}.") from error

    def _read_error(self, errors: Any) -> SyncError:
        words = self._words(errors)
        if _MISSING_FIELD.search(_texts(errors)):
            return _too_old(words)
        return GitLabUnavailable(f"GitLab cannot carry out a query: {words}")

    def _write(self, mutation: str, query: str, values: Mapping[str, Any], made: str | None) -> Any:
        """Carry out a mutation and return what it made. Past here, a GitLabUnavailable proves that nothing was sent."""
        try:
            answer = self._request("POST", "/api/graphql", {"query": query, "variables": {"input": values}})
        except NotSent as error:
            raise GitLabUnavailable(f"GitLab at {self._base_url} cannot be reached: {error}.") from error
        except NoAnswer as error:
            raise AmbiguousWrite(f"GitLab may or may not have carried out {mutation}: {error}.") from error
        self._raise_for_refusal(answer)
        if answer.status == 422:
            raise EntryRejected(self._body_words(answer))
        if answer.status != 200:
            raise AmbiguousWrite(
                f"GitLab may or may not have carried out {mutation}: it answered with HTTP {answer.status}."
            )
        try:
            content = answer.json()
        except ValueError as error:
            raise AmbiguousWrite(
                f"GitLab may or may not have carried out {mutation}: its answer is no JSON."
            ) from error
        return self._outcome(mutation, content, made)

    def _outcome(self, mutation: str, content: Any, made: str | None) -> Any:
        content = _object(content)
        payload = _object(_object(content.get("data")).get(mutation))
        if content.get("errors") and not payload:
            raise self._write_error(mutation, content["errors"])
        if payload.get("errors"):
            raise self._write_error(mutation, payload["errors"])
        # An error beside a payload is one of showing what was made, which may well have been made.
        is_whole = "errors" in payload and not content.get("errors")
        if not is_whole or (made is not None and not isinstance(payload.get(made), dict)):
            raise AmbiguousWrite(f"GitLab's answer to {mutation} does not say whether it was carried out.")
        return payload.get(made) if made else None

    def _write_error(self, mutation: str, errors: Any) -> SyncError:
        told, words = _texts(errors), self._words(errors)
        if _PERMISSION_TEXT in told:
            return EntryRejected(NO_PERMISSION)
        if _MISSING_FIELD.search(told):
            return _too_old(words)
        if any(text in told for text in _UNKNOWN_OUTCOME_TEXTS):
            return AmbiguousWrite(f"GitLab may or may not have carried out {mutation}: {words}")
        return EntryRejected(words)

    def _raise_for_refusal(self, answer: Answer) -> None:
        """Raise for the statuses that prove that nothing was carried out, whether reading or writing."""
        if answer.status in {401, 403}:
            raise GitLabUnauthorized(
                f"GitLab refuses the token (HTTP {answer.status}): it must be valid and have the scope api."
                " Put a new one into the secret."
            )
        if answer.status == 429:
            raise GitLabRateLimited(
                "GitLab asks to slow down (HTTP 429).",
                _seconds_to_wait(answer),
                self._max_wait_seconds,
                answer.received_at,
            )

    def _request(self, method: str, path: str, body: Any) -> Answer:
        answer = self.http.request(method, f"{self._base_url}{path}", body=body)
        self.server_time = answer.epoch_header("date")
        return answer

    def _words(self, errors: Any) -> str:
        """What a GraphQL `errors` list says, fit for a message."""
        return self.http.words(_texts(errors)) or "no words"

    def _body_words(self, answer: Answer) -> str:
        """The texts of an error's body, which is a GraphQL `errors` list or anything else."""
        try:
            errors = _object(answer.json()).get("errors")
        except ValueError:
            errors = None
        return self._words(errors or answer.text())

    def _username(self, data: Mapping[str, Any]) -> str:
        user = _asked(data, "currentUser")
        if user is None:
            raise GitLabUnauthorized(
                "GitLab does not know the token's user. Put a personal access token into the secret."
            )
        username = user.get("username") if isinstance(user, dict) else None
        if not isinstance(username, str) or not username:
            raise _wrong_shape("currentUser")
        return username


def _texts(errors: Any) -> str:
    """The texts of a GraphQL `errors` list: strings in a payload, objects with a message at the top level."""
    items = errors if isinstance(errors, list) else [errors]
    return " ".join(str(item.get("message", item)) if isinstance(item, dict) else str(item) for item in items)


def _pieces(wanted: Mapping[str, Wanted]) -> Iterator[_Piece]:
    """Per project, pieces of at most a page of issues and a page of merge requests; one piece at least."""
    for key in sorted(wanted):
        path = wanted[key].path or key
        issues, merge_requests = sorted(wanted[key].issues), sorted(wanted[key].merge_requests)
        for start in range(0, max(len(issues), len(merge_requests), 1), PAGE):
            titles = wanted[key].titles and start == 0
            yield key, path, issues[start : start + PAGE], merge_requests[start : start + PAGE], titles


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _asked(data: Mapping[str, Any], name: str) -> Any:
    """What was asked for by this name. Null says that there is none; an answer without the name says nothing."""
    if name not in data:
        raise _wrong_shape(name)
    return data[name]


def _seconds_to_wait(answer: Answer) -> int:
    """How long a 429 asks to wait: Retry-After, else until RateLimit-Reset, else a minute."""
    told, reset = answer.retry_after_seconds(), answer.seconds_header("ratelimit-reset")
    if told is not None:
        return told
    return RATE_LIMIT_WAIT_SECONDS if reset is None else max(1, reset - answer.server_now)


def _nodes(data: Mapping[str, Any], connection: str, *, whole: bool = False) -> list[Any]:
    value = data.get(connection)
    nodes = value.get("nodes") if isinstance(value, dict) else None
    if not isinstance(nodes, list):
        raise _wrong_shape(connection)
    if not all(isinstance(node, dict) or (node is None and not whole) for node in nodes):
        raise _wrong_shape(connection)
    return [node for node in nodes if node is not None]


def _project(node: Any) -> Project:
    try:
        return Project(
            id=int(node["id"].rsplit("/", 1)[-1]),
            full_path=_string(node["fullPath"]),
            name_with_namespace=unicodedata.normalize("NFC", " ".join(_string(node["nameWithNamespace"]).split())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _wrong_shape("project") from error


def _access_in(node: Any) -> Access:
    level = _object(node.get("maxAccessLevel")).get("integerValue")
    return Access(
        project=_project(node),
        may_log_time=level >= _LOGS_TIME_LEVEL if isinstance(level, int) else None,
        archived=node.get("archived") is True,
    )


def _target(issue: Any) -> Target:
    try:
        return Target(_gid(issue), _string(issue["reference"]))
    except (KeyError, TypeError) as error:
        raise _wrong_shape("issue") from error


def _gid(node: Any) -> str:
    """The global id; a work item's and an issue's of the same number are the same row, here always called Issue."""
    try:
        return _string(node["id"]).replace("gid://gitlab/WorkItem/", "gid://gitlab/Issue/")
    except (KeyError, TypeError) as error:
        raise _wrong_shape("id") from error


def _iid(node: Any) -> int:
    try:
        return int(node["iid"])
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong_shape("iid") from error


def _timelog(node: Any) -> Timelog:
    try:
        issue, merge_request = node["issue"], node["mergeRequest"]
        if issue is not None:
            target: Target | None = _target(issue)
        elif merge_request is not None:
            target = Target(_gid(merge_request), f"{node['project']['fullPath']}!{_iid(merge_request)}")
        else:
            target = None
        return Timelog(
            gid=_string(node["id"]),
            target=target,
            seconds=int(node["timeSpent"]),
            spent_at=parse_instant(node["spentAt"]),
            summary=_string(node["summary"] or ""),
            on_moved_issue=issue is not None and issue.get("moved") is True,
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise _wrong_shape("timelog") from error


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return value


def _too_old(words: str) -> GitLabTooOld:
    return GitLabTooOld(
        f"This GitLab is too old for timelogs with a date (it needs timelogCreate, 15.2 or later): {words}"
    )


def _wrong_shape(what: str) -> GitLabUnavailable:
    return GitLabUnavailable(f"GitLab answered with a {what} of the wrong shape.")
