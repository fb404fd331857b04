"""The predicates that aim a fault at an endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.standins.server import Request
from local.standins.toggl.requests import (
    at_path,
    on_entries,
    on_modified_since,
    on_projects,
    on_reports,
    on_workspaces,
)
from tests.local.standins.toggl.support import ENTRIES, request_to


@pytest.mark.parametrize(
    ("when", "path", "query"),
    [
        (on_entries, ENTRIES, {}),
        (on_modified_since, ENTRIES, {"since": "1"}),
        (on_projects, "/api/v9/workspaces/12/projects", {}),
        (on_reports, "/reports/api/v3/workspace/12/search/time_entries", {}),
        (on_workspaces, "/api/v9/workspaces", {}),
        (at_path("/api/v9/me/quota"), "/api/v9/me/quota", {}),
    ],
)
def test_a_fault_can_be_aimed_at_one_endpoint(
    when: Callable[[Request], bool], path: str, query: dict[str, str]
) -> None:
    assert when(request_to(path, query))
    assert not when(request_to("/api/v9/me"))
