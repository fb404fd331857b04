"""GitLab's issues and merge requests: by number, by title, by marker; and new issues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from contract.errors import AmbiguousWrite, GitLabUnavailable
from contract.names import PRODUCT
from functions.shared.gitlab.projects import PROJECT_FIELDS, project_of
from functions.shared.gitlab.transport import (
    PAGE,
    PAGE_INFO,
    Transport,
    as_object,
    asked,
    batches,
    gid_of,
    iid_of,
    nodes_of,
    string,
    wrong_shape,
)
from functions.shared.http import TooLarge
from functions.shared.model.place import Found, NewIssue, Project, Target, Titled, Wanted

PROJECTS_A_QUERY = 3
"""One project with 100 issues, 100 merge requests and 100 titles has a complexity of about 70, of 250 allowed."""

MOVES_FOLLOWED = 10

TitleState = Literal["opened", "all"]

ISSUE_MARKER = PRODUCT
ISSUE_DESCRIPTION = f"Created by {PRODUCT} for time that was tracked in Toggl Track."

ISSUE_FIELDS = "id moved reference(full: true)"
_MOVED_FIELDS = f"{ISSUE_FIELDS} movedTo {{ {ISSUE_FIELDS} movedTo {{ {ISSUE_FIELDS} }} }}"
"""An issue and where it moved to, twice over; who moved more often is asked for one by one."""

_TITLE_PAGE = f"nodes {{ title state {_MOVED_FIELDS} }} {PAGE_INFO}"
_ISSUE_MARKER_PATTERN = rf"<!-- {ISSUE_MARKER}:([0-9a-f]{{16}}) -->"


class _Piece(NamedTuple):
    """What of one project goes into one request: iids of issues and of merge requests, and whether its titles."""

    key: str
    path: str
    issues: list[int]
    merge_requests: list[int]
    titles: bool


class Issues(Transport):
    """Finds what time can be logged on, and creates issues."""

    def find(self, wanted: Mapping[str, Wanted], *, titles: TitleState = "opened") -> dict[str, Found]:
        """What there is of the wanted, under the same keys; a project that cannot be seen is missing.

        At most 100 numbers and 100 titles a project and `PROJECTS_A_QUERY` projects go into one request.
        titles: of which issues.
        """
        found: dict[str, Found] = {}
        for batch in batches(list(_pieces(wanted)), PROJECTS_A_QUERY):
            for path, piece in self._find_batch(batch, titles):
                known = found.get(path)
                found[path] = (
                    piece
                    if known is None
                    else Found(
                        piece.project,
                        {**known.issues, **piece.issues},
                        {**known.merge_requests, **piece.merge_requests},
                        known.titles + piece.titles,
                        {**known.called, **piece.called},
                    )
                )
        return found

    def marked_issues(self, project_path: str) -> dict[str, Target]:
        """The issues of a project whose description has the marker of an auto-created one, by the key in it.

        In any state and under any title; of several with one key, the oldest. A moved one is given where it moved to.
        """
        found: dict[str, tuple[int, Target]] = {}
        for node in self._marked_nodes(project_path):
            target = self._followed(node)
            for key in re.findall(_ISSUE_MARKER_PATTERN, node.get("description") or ""):
                if target is not None and (key not in found or iid_of(node) < found[key][0]):
                    found[key] = (iid_of(node), target)
        return {key: target for key, (_number, target) in found.items()}

    def _marked_nodes(self, project_path: str, page: int = PAGE) -> list[Any]:
        """In smaller pages when people have put so much into the descriptions that a whole one is too large."""
        query = (
            "query($path: ID!, $search: String, $after: String) { project(fullPath: $path)"
            f" {{ issues(search: $search, in: [DESCRIPTION], first: {page}, after: $after)"
            f" {{ nodes {{ iid description {_MOVED_FIELDS} }} {PAGE_INFO} }} }} }}"
        )
        try:
            return list(self._pages(query, {"path": project_path, "search": ISSUE_MARKER}, "project", "issues"))
        except GitLabUnavailable as error:
            if page == 1 or not isinstance(error.__cause__, TooLarge):
                raise
        return self._marked_nodes(project_path, page // 10)

    def create_issue(self, issue: NewIssue, labels: Iterable[str]) -> Target:
        """Create an issue. Not idempotent: after AmbiguousWrite, look for it with `marked_issues` first.

        Its description is fixed text with the marker: nothing that came from outside may become a quick action.
        """
        created = self._write(
            "createIssue",
            "mutation($input: CreateIssueInput!) { createIssue(input: $input)"
            f" {{ errors issue {{ {ISSUE_FIELDS} }} }} }}",
            {
                "projectPath": issue.project_path,
                "title": issue.title,
                "description": f"{ISSUE_DESCRIPTION}\n\n<!-- {ISSUE_MARKER}:{issue.key} -->",
                "labels": list(labels),
            },
            made="issue",
        )
        try:
            return target_of(created)
        except GitLabUnavailable as error:
            words = "The new issue was created, but GitLab did not say what it is called"
            raise AmbiguousWrite(f"{words}: {error.message}") from error

    def _find_batch(self, batch: list[_Piece], state: TitleState) -> Iterator[tuple[str, Found]]:
        declared, fields = [], []
        variables: dict[str, Any] = {}
        for number, piece in enumerate(batch):
            parts = [PROJECT_FIELDS]
            declared.append(f"$p{number}: ID!")
            variables[f"p{number}"] = piece.path
            if piece.issues:
                declared.append(f"$i{number}: [String!]")
                variables[f"i{number}"] = [str(iid) for iid in piece.issues]
                parts.append(f"issues(iids: $i{number}, first: {PAGE}) {{ nodes {{ iid title {_MOVED_FIELDS} }} }}")
            if piece.merge_requests:
                declared.append(f"$m{number}: [String!]")
                variables[f"m{number}"] = [str(iid) for iid in piece.merge_requests]
                parts.append(f"mergeRequests(iids: $m{number}, first: {PAGE}) {{ nodes {{ id iid title }} }}")
            if piece.titles:
                parts.append(f"titles: issues(state: {state}, first: {PAGE}) {{ {_TITLE_PAGE} }}")
            fields.append(f"p{number}: project(fullPath: $p{number}) {{ {' '.join(parts)} }}")
        data = self._read(f"query({', '.join(declared)}) {{ {' '.join(fields)} }}", variables)
        for number, piece in enumerate(batch):
            node = asked(data, f"p{number}")
            if node is not None:
                yield piece.key, self._found(node, state)

    def _found(self, node: Any, state: TitleState) -> Found:
        project = project_of(node)
        issues, merge_requests, called = {}, {}, {}
        for issue in nodes_of(node, "issues") if node.get("issues") is not None else []:
            target = self._followed(issue)
            if target is not None:
                issues[iid_of(issue)] = target
                called[target] = title_of(issue)
        for item in nodes_of(node, "mergeRequests") if node.get("mergeRequests") is not None else []:
            target = Target(gid_of(item), f"{project.full_path}!{iid_of(item)}")
            merge_requests[iid_of(item)] = target
            called[target] = title_of(item)
        return Found(project, issues, merge_requests, self._titles(node, project, state), called)

    def _titles(self, node: Any, project: Project, state: TitleState) -> tuple[Titled, ...]:
        """The first page of titles came with the project; the others are asked for."""
        first = node.get("titles")
        if first is None:
            return ()
        query = (
            f"query($path: ID!, $after: String) {{ project(fullPath: $path) {{"
            f" titles: issues(state: {state}, first: {PAGE}, after: $after) {{ {_TITLE_PAGE} }} }} }}"
        )
        pages = self._pages(query, {"path": project.full_path}, "project", "titles", first={"project": node})
        titled = []
        for issue in pages:
            target = self._followed(issue)
            if target is not None:
                titled.append(Titled(title_of(issue), issue.get("state") == "opened", target))
        return tuple(titled)

    def _followed(self, issue: Any) -> Target | None:
        """The issue itself, or where it moved to; None when that cannot be seen."""
        for _move in range(MOVES_FOLLOWED):
            if not issue.get("moved"):
                return target_of(issue)
            if "movedTo" not in issue:
                query = f"query($id: IssueID!) {{ issue(id: $id) {{ {ISSUE_FIELDS} movedTo {{ {ISSUE_FIELDS} }} }} }}"
                issue = as_object(asked(self._read(query, {"id": gid_of(issue)}), "issue"))
            issue = as_object(issue.get("movedTo")) if issue.get("moved") else issue
            if not issue:
                return None
        return None


def _pieces(wanted: Mapping[str, Wanted]) -> Iterator[_Piece]:
    """Per project, pieces of at most a page of issues and a page of merge requests; one piece at least."""
    for key in sorted(wanted):
        path = wanted[key].path or key
        issues, merge_requests = sorted(wanted[key].issues), sorted(wanted[key].merge_requests)
        for start in range(0, max(len(issues), len(merge_requests), 1), PAGE):
            titles = wanted[key].titles and start == 0
            yield _Piece(key, path, issues[start : start + PAGE], merge_requests[start : start + PAGE], titles)


def title_of(item: Any) -> str:
    try:
        return string(item["title"])
    except (KeyError, TypeError) as error:
        raise wrong_shape("title") from error


def target_of(issue: Any) -> Target:
    try:
        return Target(gid_of(issue), string(issue["reference"]))
    except (KeyError, TypeError) as error:
        raise wrong_shape("issue") from error
