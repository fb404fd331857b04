"""How long a normal day takes each function, and what it costs, by the memory that the function has.

The processor's seconds are measured, in a process for each function as AWS starts it, against the stand-ins. The rest
is a model of AWS's published rules: a function gets memory / 1,769 MB of a processor, at most the one that its
one thread can use, and is billed for its memory for as long as it runs, the start included.

`python -m bench.memory` prints it as the table of docs/performance.md.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bench.measure import PROJECT_ROOT, Measured, as_a_function
from bench.world import ENVIRONMENT, ISSUES, PROJECT_ID, TOKEN, furnish
from contract import names
from contract.settings import Settings
from contract.state import ATTRIBUTES
from local.standins.gitlab.server import GitLab
from local.standins.server import Request, Response, StandIn
from local.standins.toggl.server import Toggl

ENTRIES = 20
"""Of a normal day."""

MEMORY_MB = (128, 256, 512, 1024, 1769)
MB_PER_PROCESSOR = 1769
"""Source: the developer guide of Lambda, "Configure Lambda function memory"."""

DOLLARS_PER_GB_SECOND = 0.0000133334
"""arm64 in us-east-1. Source: AWS's page of Lambda's prices."""

ANSWER_SECONDS = 0.3
"""How long a service is waited for, each request."""

REQUESTS = {"fetch": 2, "transform": 3, "post": 1}
"""Of a normal day's call."""

WRITES_AT_ONCE = 10
"""The default `max_concurrency`: so many posts of a day start a function anew."""


class Taken(NamedTuple):
    """The processor's seconds of one function: import, the first call, and each one after it; and its memory."""

    start: float
    first: float
    again: float
    peak_mb: float


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    days = [_day() for _ in range(rounds)]
    measured: list[Measured] = []
    for role in REQUESTS:
        taken = [day[role] for day in days]
        measured += [
            Measured(f"{role}: processor, import", "ms", tuple(1000 * one.start for one in taken)),
            Measured(f"{role}: processor, first call", "ms", tuple(1000 * one.first for one in taken)),
            Measured(f"{role}: processor, each further call", "ms", tuple(1000 * one.again for one in taken)),
            Measured(f"{role}: peak memory", "MB", tuple(one.peak_mb for one in taken)),
        ]
    return measured


def _seconds(processor_seconds: float, role: str, memory_mb: int) -> float:
    share = min(1.0, memory_mb / MB_PER_PROCESSOR)
    return processor_seconds / share + REQUESTS[role] * ANSWER_SECONDS


def _dollars(role: str, taken: Taken, memory_mb: int) -> float:
    """Of a thousand months of 30 days, each with a run whose functions start anew."""
    starts, further = (WRITES_AT_ONCE, ENTRIES - WRITES_AT_ONCE) if role == "post" else (1, 0)
    seconds = starts * _seconds(taken.start + taken.first, role, memory_mb)
    seconds += further * _seconds(taken.again, role, memory_mb)
    return 1000 * 30 * seconds * memory_mb / 1024 * DOLLARS_PER_GB_SECOND


def table(rounds: int) -> str:
    """In Markdown: a row for each memory, with the medians of a call that starts a function, and of its cost."""
    days = [_day() for _ in range(rounds)]
    lines = [f"| memory | {' | '.join(REQUESTS)} |", "|---" * (len(REQUESTS) + 1) + "|"]
    for memory_mb in MEMORY_MB:
        cells = [_cell(role, [day[role] for day in days], memory_mb) for role in REQUESTS]
        lines.append(f"| {memory_mb:,} MB | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(role: str, taken: list[Taken], memory_mb: int) -> str:
    seconds = statistics.median(_seconds(one.start + one.first, role, memory_mb) for one in taken)
    dollars = statistics.median(_dollars(role, one, memory_mb) for one in taken)
    return f"{seconds:.1f} s, ${dollars:.2f}"


class _Secrets(StandIn):
    """Secrets Manager, as far as the functions ask."""

    def answer(self, request: Request) -> Response:
        token = self.toggl_token if request.json()["SecretId"] == names.toggl_secret(ENVIRONMENT) else TOKEN
        return Response.of_json({"SecretString": json.dumps({names.TOKEN_KEY: token})})

    toggl_token = ""


def _day() -> dict[str, Taken]:
    """The three functions on one normal day, each in a process of its own."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    with Toggl() as toggl, GitLab() as gitlab, _Secrets() as secrets, tempfile.TemporaryDirectory() as compiled:
        furnish(gitlab)
        secrets.toggl_token = toggl.token
        for number in range(ENTRIES):
            toggl.add_entry(f"#{number % ISSUES + 1} Work {number}", day + timedelta(hours=number), 1_800)
        context = {
            "environment": ENVIRONMENT,
            "toggl_url": toggl.url,
            "gitlab_url": gitlab.url,
            "gitlab_project_id": str(PROJECT_ID),
        }
        environment = as_a_function(
            compiled,
            AWS_ENDPOINT_URL=secrets.url,
            AWS_ACCESS_KEY_ID="bench",
            AWS_SECRET_ACCESS_KEY="bench",  # noqa: S106
            NO_PROXY="127.0.0.1",
            **Settings.from_context(context).to_environment(),
        )
        common = {"execution": {"id": "bench", "start_time": datetime.now(UTC).isoformat()}, "handover": _HANDOVER}
        state = dict.fromkeys(ATTRIBUTES, "")
        dates = {"start_date": day.date().isoformat(), "end_date": day.date().isoformat()}
        fetching = common | {"input": dates, "state": state, "again": False}
        fetch, [fetched, _] = _invoked("fetch", [fetching, fetching], environment)
        planning = common | {"task": "transform", "fetched": fetched, "state": state}
        transform, [plan, _] = _invoked("transform", [planning, planning], environment)
        run = {key: plan[key] for key in ("settings", "user_id", "username")}
        posting = common | run | {"task": "post_entry", "look_first": False}
        events = [posting | {"write": write, "entries": 1, "tries": {}} for write in plan["writes"]]
        post, _outcomes = _invoked("post", events, environment)
        if len(events) != ENTRIES or len(gitlab.timelogs) != ENTRIES:
            raise RuntimeError(f"{len(events)} writes and {len(gitlab.timelogs)} timelogs came of {ENTRIES} entries")
        return {"fetch": fetch, "transform": transform, "post": post}


_HANDOVER = {"bucket": "none", "prefix": "none/"}


def _invoked(role: str, events: list[Any], environment: dict[str, str]) -> tuple[Taken, list[Any]]:
    """What a function takes, once everything is compiled, and its answers to the events of the last time."""
    command = [sys.executable, "-m", "bench.invoke_once", role]
    given = json.dumps(events)
    subprocess.run([*command[:1], "-c", f"import functions.{role}.handler"], env=environment, check=True)
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, input=given, check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    first, *further = found["call_seconds"]
    again = sum(further) / len(further)
    return Taken(found["import_seconds"], first, again, found["peak_mb"]), found["answers"]


if __name__ == "__main__":
    print(table(5))
