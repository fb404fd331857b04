"""The paths of the API, and predicates that pick the requests which a fault hits."""

from __future__ import annotations

import re
from collections.abc import Callable

from local.standins.server import Request

Predicate = Callable[[Request], bool]

ENTRIES_PATH = "/api/v9/me/time_entries"
ME_PATH = "/api/v9/me"

ENTRIES = re.compile(re.escape(ENTRIES_PATH))
ME = re.compile(ME_PATH)
QUOTA = re.compile(r"/api/v9/me/quota")
WORKSPACES = re.compile(r"/api/v9/(?:me/)?workspaces")
WORKSPACE = re.compile(r"/api/v9/workspaces/(\d+)", re.ASCII)
PROJECTS = re.compile(r"/api/v9/workspaces/(\d+)/projects", re.ASCII)
USERS = re.compile(r"/api/v9/workspaces/(\d+)/users", re.ASCII)
REPORT = re.compile(r"/reports/api/v3/workspace/(\d+)/search/time_entries", re.ASCII)


def at_path(path: str) -> Predicate:
    """Matches requests to exactly this path."""
    return lambda request: request.path == path


def is_mine(request: Request) -> bool:
    """Matches the calls that have a quota of their own: those about the token's user."""
    return request.path == ME_PATH or request.path.startswith(f"{ME_PATH}/")


def on_entries(request: Request) -> bool:
    """Matches the list of the user's entries, by whatever window."""
    return ENTRIES.fullmatch(request.path) is not None


def on_modified_since(request: Request) -> bool:
    """Matches the list of the user's entries by modification time, deleted ones included."""
    return on_entries(request) and "since" in request.query


def on_me(request: Request) -> bool:
    """Matches the user's profile."""
    return ME.fullmatch(request.path) is not None


def on_workspaces(request: Request) -> bool:
    """Matches the list of workspaces."""
    return WORKSPACES.fullmatch(request.path) is not None


def on_projects(request: Request) -> bool:
    """Matches the projects of any workspace."""
    return PROJECTS.fullmatch(request.path) is not None


def on_reports(request: Request) -> bool:
    """Matches the Reports search of any workspace."""
    return REPORT.fullmatch(request.path) is not None
