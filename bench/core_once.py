"""The core over so many entries, once; prints the processor's seconds and the peak of the memory as JSON.

`python -m bench.core_once COUNT KIND`. KIND: `continued`, 500 descriptions, as people have who continue a timer; or
`each`, every entry has one of its own, which nobody's do.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.peak import peak_mb
from contract.settings import Settings
from functions.shared.gitlab.account import User
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import Found, Project, Target
from functions.transform.pipeline import decide

ISSUES = 500
DESCRIPTIONS = ("#{n} Fix login", "Review (#{n})", "MR45:: Title of {n}", "Standup {n}", "studio/website#{n} words")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Known:
    """GitLab as far as the core asks, without a request."""

    def __init__(self) -> None:
        self._project = Project(1, "studio/website", "Studio / Website")

    def user_and_projects(self, given: Any) -> tuple[User, dict[str, Project]]:
        return User("42", "mira"), dict.fromkeys(given, self._project)

    def projects_given(self, given: Any) -> dict[str, Project]:
        return dict.fromkeys(given, self._project)

    def closed_issues(self, *_wanted: Any) -> dict[str, Any]:
        return {}

    def find(self, *_wanted: Any, **_how: Any) -> dict[str, Found]:
        issues = {n: Target(f"gid://gitlab/Issue/{n}", f"studio/website#{n}") for n in range(1, ISSUES + 1)}
        merge_requests = {45: Target("gid://gitlab/MergeRequest/45", "studio/website!45")}
        return {"studio/website": Found(self._project, issues, merge_requests)}

    def timelogs(self, *_which: Any) -> list[Any]:
        return []


def main(count: int, *, has_own: bool) -> None:
    """Print `{"cpu_seconds", "peak_mb"}`; the entries themselves are made before the clock runs.

    has_own: whether each entry has a description of its own.
    """
    window = Window(BEGAN, BEGAN + timedelta(seconds=600 * count + 1), "Europe/Berlin")
    entries = tuple(_entry(number, has_own=has_own) for number in range(count))
    fetched = Fetched(settings=Settings(), window=window, entries=entries)
    began = time.process_time()
    decided = decide(fetched, Known())  # type: ignore[arg-type]
    took = time.process_time() - began
    if len(decided.plan.items) != count:
        raise RuntimeError(f"{len(decided.plan.items)} items came of {count} entries")
    print(json.dumps({"cpu_seconds": took, "peak_mb": peak_mb()}))


def _entry(number: int, *, has_own: bool) -> TimeEntry:
    start = BEGAN + timedelta(seconds=600 * number)
    text = DESCRIPTIONS[number % len(DESCRIPTIONS)].format(n=number % ISSUES + 1)
    return TimeEntry(
        id=number + 1,
        start=start,
        stop=start + timedelta(seconds=550),
        duration_seconds=550,
        description=f"{text}, part {number}" if has_own else text,
        billable=True,
        workspace_id=7,
        project_id=None,
        project_name=None,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), has_own=sys.argv[2] == "each")
