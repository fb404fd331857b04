"""What the tests of the GitLab client have in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.model.place import NewIssue, Target
from local.standins.gitlab.model import Issuable

TOKEN = "glpat-Client-Tests-0001"


MAX_WAIT_SECONDS = 3600


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


SPENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


DAY = timedelta(days=1)


SHOP = "acme/shop"
MIRA = User("101", "mira")
"""The token's user: the stand-in counts its users from 101 on."""


FORTY = [f"acme/web-{number}" for number in range(40)]


def target(issuable: Issuable) -> Target:
    return Target(issuable.gid, issuable.reference)


NUMBERS = st.integers(0, 230).map(lambda last: frozenset(range(1, last + 1))) | st.frozensets(st.integers(1, 230))


def page(cursor: str | None, *, more: bool = True, nodes: Any = ()) -> bytes:
    info = {"hasNextPage": more, "endCursor": cursor}
    return json.dumps({"data": {"timelogs": {"nodes": list(nodes), "pageInfo": info}}}).encode()


Write = Callable[[GitLab, Issuable], object]


def create(client: GitLab, issue: Issuable) -> object:
    return client.create_timelog(target(issue), 1800, SPENT_AT, "[toggl:1] menu", MIRA)


def delete(client: GitLab, _issue: Issuable) -> object:
    return client.delete_timelog("gid://gitlab/Timelog/300001")


def open_issue(client: GitLab, _issue: Issuable) -> object:
    return client.create_issue(NewIssue("0123456789abcdef", SHOP, "Menu"), ["toggl-sync"])
