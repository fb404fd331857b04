"""One deployment on the local AWS, with stand-ins for both services that answer as slowly as they are told to."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from cli.deployment.local import deploy, set_tokens
from contract import names
from local.aws.executions import Run
from local.aws.server import LocalAws
from local.standins.gitlab.server import GitLab, mutation
from local.standins.server import Request, Response
from local.standins.toggl.server import Toggl

USER, PROJECT, PROJECT_ID, TOKEN = "mira", "studio/website", 1207, "glpat-Bench-0001"
CONCURRENCY = 10
ISSUES = 50
ENVIRONMENT = "bench"


@dataclass
class Writes:
    """When GitLab got the first write and answered the last, by the clock of this process."""

    first: float = 0.0
    last: float = 0.0
    count: int = 0

    @property
    def seconds(self) -> float:
        return self.last - self.first


class World:
    """Use it as a context manager. latency_seconds: how long GitLab takes for any answer; settable."""

    def __init__(self, **context: str) -> None:
        """context: of the deployment, beside what it has here."""
        self._context = context
        self.toggl, self.gitlab = Toggl(), GitLab()
        self.aws = LocalAws(wait_scale=1)
        self.latency_seconds = 0.0
        self.writes = Writes()
        self.day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)

    def __enter__(self) -> Self:
        self.toggl.start()
        self.gitlab.start()
        self.aws.start()
        furnish(self.gitlab)
        context = {
            "environment": ENVIRONMENT,
            "toggl_url": self.toggl.url,
            "gitlab_url": self.gitlab.url,
            "gitlab_project_id": str(PROJECT_ID),
            "max_concurrency": str(CONCURRENCY),
            "minimum_duration": "0",
            "schedule": "off",
            **self._context,
        }
        self.machine = deploy(self.aws, context)["StateMachineArn"]
        set_tokens(self.aws, ENVIRONMENT, toggl=self.toggl.token, gitlab=TOKEN)
        respond = self.gitlab.respond
        self.gitlab.respond = lambda request: self._respond_slowly(respond, request)  # type: ignore[method-assign]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.aws.stop()
        self.gitlab.stop()
        self.toggl.stop()

    def track(self, count: int) -> None:
        """Track so many entries on one day, a minute each, on 50 issues."""
        for number in range(count):
            start = self.day + timedelta(seconds=number * (86_000 / count))
            self.toggl.add_entry(f"#{number % ISSUES + 1} Work {number}", start, 900)

    def begin_again(self) -> None:
        """Forget what was tracked and posted, and what a run knows of the others."""
        for entry in self.toggl.entries:
            self.toggl.forget(entry.id)
        for issue in self.gitlab.issues:
            self.gitlab.delete_issue(issue)
        _add_issues(self.gitlab)
        key = {"id": {"S": "sync"}}
        self.aws.client("dynamodb").delete_item(TableName=names.table(ENVIRONMENT), Key=key)
        self.forget_requests()

    def forget_requests(self) -> None:
        self.toggl.clear()
        self.gitlab.clear()
        self.writes = Writes()

    def run_day(self) -> tuple[float, Run]:
        day = self.day.date().isoformat()
        return self.timed_run({"start_date": day, "end_date": day})

    def run_without_dates(self) -> tuple[float, Run]:
        return self.timed_run({})

    def timed_run(self, run_input: dict[str, Any]) -> tuple[float, Run]:
        """A run, and how long it took. Raises RuntimeError when it fails."""
        began = time.perf_counter()
        run = self.aws.run(self.machine, run_input, timeout_seconds=3600)
        took = time.perf_counter() - began
        if run.status != "SUCCEEDED":
            raise RuntimeError(f"the run ended as {run.status}: {json.dumps(run.output or run.cause)[:500]}")
        return took, run

    def _respond_slowly(self, respond: Any, request: Request) -> Response | None:
        is_write = mutation("timelogCreate")(request)
        began = time.perf_counter()
        response: Response | None = respond(request)
        time.sleep(max(0.0, self.latency_seconds - (time.perf_counter() - began)))
        if is_write:
            self.writes.first = self.writes.first or began
            self.writes.last = time.perf_counter()
            self.writes.count += 1
        return response


def furnish(gitlab: GitLab) -> None:
    """The user, the project and its issues, and no limit of requests."""
    gitlab.add_user(USER)
    gitlab.add_token(TOKEN, USER)
    gitlab.add_project(PROJECT, id=PROJECT_ID, roles={USER: "developer"})
    gitlab.rate_limit.limit = 1_000_000
    _add_issues(gitlab)


def _add_issues(gitlab: GitLab) -> None:
    for number in range(1, ISSUES + 1):
        gitlab.add_issue(PROJECT, f"Issue {number}", iid=number)
