"""What issues and merge requests are called: for people only, no decision is made by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from functions.shared.gitlab.transport import PAGE, Transport, asked, batches, iid_of, nodes_of, string

PROJECTS_A_QUERY = 3
"""As when they are found: 250 is the complexity that GitLab allows."""

_CONNECTIONS = {"#": "issues", "!": "mergeRequests"}


class _Piece(NamedTuple):
    """What of one project goes into one request."""

    path: str
    sign: str
    iids: list[str]


class Titles(Transport):
    """Reads titles."""

    def titles(self, names: Iterable[str]) -> dict[str, str]:
        """The titles of what is called `group/project#12` or `group/project!45`; what cannot be seen is left out."""
        found: dict[str, str] = {}
        for batch in batches(_pieces(names), PROJECTS_A_QUERY):
            found |= self._titles_of(batch)
        return found

    def _titles_of(self, pieces: list[_Piece]) -> dict[str, str]:
        declared, fields = [], []
        variables: dict[str, object] = {}
        for number, (path, sign, iids) in enumerate(pieces):
            declared += [f"$p{number}: ID!", f"$i{number}: [String!]"]
            variables |= {f"p{number}": path, f"i{number}": iids}
            fields.append(
                f"p{number}: project(fullPath: $p{number})"
                f" {{ {_CONNECTIONS[sign]}(iids: $i{number}, first: {PAGE}) {{ nodes {{ iid title }} }} }}"
            )
        data = self._read(f"query({', '.join(declared)}) {{ {' '.join(fields)} }}", variables)
        found: dict[str, str] = {}
        for number, (path, sign, _iids) in enumerate(pieces):
            project = asked(data, f"p{number}")
            nodes = [] if project is None else nodes_of(project, _CONNECTIONS[sign])
            found |= {f"{path}{sign}{iid_of(node)}": string(node["title"]) for node in nodes}
        return found


def _pieces(names: Iterable[str]) -> Iterator[_Piece]:
    """At most a page of one project's issues, or of its merge requests, each."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for name in sorted(set(names)):
        sign = "!" if "!" in name else "#"
        path, _sign, iid = name.rpartition(sign)
        wanted.setdefault((path, sign), []).append(iid)
    for (path, sign), iids in wanted.items():
        for begin in range(0, len(iids), PAGE):
            yield _Piece(path, sign, iids[begin : begin + PAGE])
