"""GitLab's closed issues by their titles: searched for, since a project may have hundreds of thousands of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from functions.shared.gitlab.issues import ISSUE_FIELDS, Issues, title_of
from functions.shared.gitlab.transport import PAGE, PAGE_INFO, asked, batches, nodes_of, wrong_shape
from functions.shared.model.place import Titled

TITLES_A_QUERY = 20
PROJECTS_WITH_TITLES = 8
COMPLEXITY = 250
SEARCH_COMPLEXITY = 12
"""Of one search, and a hundredth of it for each row of its page; a project has 1. A query may have `COMPLEXITY`."""

MANY_HITS = 500
"""Of a title whose words stand in more titles than these, none is read: nobody can say which one is meant."""

IsSame = Callable[[str, str], bool]
_Searches = Mapping[str, Mapping[str, str]]
"""By project path: the titles to search for, by their names in the query."""

_HITS = f"nodes {{ title {ISSUE_FIELDS} }}"


class ClosedTitles(Issues):
    """Finds closed issues by their titles."""

    def closed_issues(self, titles: Mapping[str, Collection[str]], is_same: IsSame) -> dict[str, tuple[Titled, ...]]:
        """The closed issues that have one of these titles, by project path as it is given.

        One request for 20 titles in 8 projects; more only for a title whose words many others have, since GitLab
        searches for words. is_same: whether two titles are the same.
        """
        found: dict[str, tuple[Titled, ...]] = {}
        for paths in batches(sorted(titles), PROJECTS_WITH_TITLES):
            wanted = [(path, title) for path in paths for title in sorted(titles[path])]
            for batch in batches(wanted, TITLES_A_QUERY):
                for path, title, hits in self._searched(_named(batch), _rows(len(batch))):
                    same = [hit for hit in hits if is_same(title_of(hit), title)]
                    found[path] = (*found.get(path, ()), *self._titled(same))
        return found

    def _titled(self, hits: list[Any]) -> Iterator[Titled]:
        for hit in hits:
            target = self._followed(hit)
            if target is not None:
                yield Titled(title_of(hit), is_open=False, target=target)

    def _searched(self, searches: _Searches, rows: int) -> Iterator[tuple[str, str, list[Any]]]:
        """Of each search that can be made: its project, its title, its hits."""
        declared, fields = [], []
        variables: dict[str, str] = {}
        for number, (path, titles) in enumerate(searches.items()):
            parts = (f"{name}: {_issues(f'${name}', rows)} {{ count {_HITS} }}" for name in titles)
            fields.append(f"p{number}: project(fullPath: $p{number}) {{ {' '.join(parts)} }}")
            declared += [f"$p{number}: ID!", *(f"${name}: String" for name in titles)]
            variables |= {f"p{number}": path, **titles}
        data = self._read(f"query({', '.join(declared)}) {{ {' '.join(fields)} }}", variables)
        for number, (path, titles) in enumerate(searches.items()):
            project = asked(data, f"p{number}")
            for name, title in titles.items() if project is not None else ():
                yield path, title, self._hits(project, name, path, title)

    def _hits(self, project: Any, name: str, path: str, title: str) -> list[Any]:
        """What the first page has when that is all; else what all pages have, unless there are too many."""
        first = nodes_of(project, name)
        count = project[name].get("count")
        if not isinstance(count, int):
            raise wrong_shape("count")
        if count <= len(first):
            return first
        if count > MANY_HITS:
            return []
        query = (
            "query($path: ID!, $title: String, $after: String) { project(fullPath: $path)"
            f" {{ {_issues('$title', PAGE, '$after')} {{ {_HITS} {PAGE_INFO} }} }} }}"
        )
        return list(self._pages(query, {"path": path, "title": title}, "project", "issues"))


def _named(batch: list[tuple[str, str]]) -> _Searches:
    searches: dict[str, dict[str, str]] = {}
    for number, (path, title) in enumerate(batch):
        searches.setdefault(path, {})[f"t{number}"] = title
    return searches


def _issues(title: str, rows: int, after: str = "null") -> str:
    return f"issues(search: {title}, in: [TITLE], state: closed, first: {rows}, after: {after})"


def _rows(searches: int) -> int:
    """How many rows the page of each of so many searches may have in one query."""
    each = (COMPLEXITY - PROJECTS_WITH_TITLES) // searches
    return min(PAGE, (100 * (each + 1) - 1) // SEARCH_COMPLEXITY - 100)
