"""Runs in one process: the synthesised state machine and the real handlers, over HTTP against the stand-ins.

Time is virtual: a wait only moves the stand-ins' clock, so late commits and settle times keep their lengths.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any
from unittest.mock import patch

from functions.shared import http
from functions.shared.http import Answer, NotSent
from local.standins.gitlab.server import API_PATH
from local.standins.server import Request
from tests.chaos.breaks import is_locked
from tests.chaos.expected import Choices
from tests.chaos.happenings import draw_weeks, has_weeks
from tests.chaos.mornings import play_weeks
from tests.chaos.schedule import (
    KILLED,
    KILLED_BEFORE,
    STOPPED,
    TIMED_OUT,
    TWIN,
    UNREACHABLE,
    DisturbedRun,
    Interruption,
    asks,
    draw,
)
from tests.chaos.studio import GITLAB_TOKEN, Studio
from tests.chaos.world import Ended, Verdict, play
from tests.workflow.in_process import Clock, LambdaCrash, Stopped

STARTED_AT = datetime(2026, 3, 31, 10, tzinfo=UTC)
"""So that the days are a weekend, the night in which the clocks change, and a Monday."""

CLIENT_PATIENCE_SECONDS = 0.05
"""The clients' read timeout for a request that gets no answer, in real time."""


def play_seed(seed: int, definition: str) -> Verdict:
    """One seed on this definition of the state machine."""
    with Studio(Clock(STARTED_AT), definition=definition) as studio:
        if has_weeks(seed):
            weeks = draw_weeks(seed, deployed=False)
            return play_weeks(weeks, InProcess(studio, weeks.choices))
        schedule = draw(seed, deployed=False)
        return play(schedule, InProcess(studio, schedule.choices))


class InProcess:
    """The stage of the core: the state machine in this process, disturbed where its Lambdas make their requests."""

    def __init__(self, studio: Studio, choices: Choices) -> None:
        self.studio = studio
        self.token = GITLAB_TOKEN
        self._context = choices.context()
        self._is_locked = is_locked(studio.definition)
        self._at_request: Callable[[Request], None] = lambda _request: None
        self._at_answer: Callable[[Request], None] = lambda _request: None
        self._doing: Mapping[int, Callable[[], None]] = {}
        studio.machine.exchange = self._exchange

    def item(self) -> dict[str, str]:
        return self.studio.machine.item()

    def wait_until(self, instant: datetime) -> None:
        clock = self.studio.clock
        clock.sleep(max(0.0, (instant - clock.now()).total_seconds()))

    def meanwhile(self, doing: Mapping[int, Callable[[], None]]) -> None:
        self._doing = doing

    def run(self, run: DisturbedRun, run_input: dict[str, Any], met: Counter[tuple[str, str]]) -> list[Ended]:
        faults = [
            (strike, strike.arm(self.studio.toggl if strike.target == "reading Toggl" else self.studio.gitlab, 0.1))
            for strike in run.strikes
        ]
        self._interrupt(run.interruption, met)
        self._let_happen()
        ended: list[Ended] = []
        if run.is_twin:
            met[TWIN, "run"] += 1
            if not self._is_locked:
                self._nest(run, run_input, ended)
        ended.append(self._run(run_input))
        if run.is_twin and self._is_locked:
            ended.append(self._run(run_input))
        self._at_request = self._at_answer = lambda _request: None
        for strike, fault in faults:
            met[strike.label, strike.target] += strike.times - fault.times
        self.studio.gitlab.faults.clear()
        self.studio.toggl.faults.clear()
        return ended

    def _run(self, run_input: dict[str, Any]) -> Ended:
        run = self.studio.run(self._context, run_input)
        if run.status == "SUCCEEDED":
            summary = self.studio.summary_of(run)
            return Ended(summary, summary=summary)
        if run.status == "ABORTED":
            return Ended(None, STOPPED)
        has_summary = any(event.get("stateEnteredEventDetails", {}).get("name") == "Summarise" for event in run.history)
        return Ended(None, f"{run.error}: {run.cause}", self.studio.summary_of(run) if has_summary else None)

    def _let_happen(self) -> None:
        """What was to happen meanwhile happens right before the request of its number."""
        inner, numbers, doing = self._at_request, count(1), self._doing
        self._doing = {}

        def at_request(request: Request) -> None:
            happen = doing.get(next(numbers))
            if happen is not None:
                happen()
            inner(request)

        if doing:
            self._at_request = at_request

    def _nest(self, run: DisturbedRun, run_input: dict[str, Any], ended: list[Ended]) -> None:
        """Without a lock: let the second run happen in the middle of the first one."""
        inner, numbers = self._at_request, count(1)

        def at_request(request: Request) -> None:
            if next(numbers) == run.twin_starts_at:
                ended.append(self._run(run_input))
            inner(request)

        self._at_request = at_request

    def _interrupt(self, interruption: Interruption | None, met: Counter[tuple[str, str]]) -> None:
        if interruption is None:
            return
        is_meant, numbers = asks(interruption.target), count(1)
        at_answer = interruption.label == KILLED

        def strike(request: Request) -> None:
            if not is_meant(request):
                return
            if interruption.ordinal <= next(numbers) < interruption.ordinal + interruption.times:
                met[interruption.label, interruption.target] += 1
                self._strike(interruption, request)

        if at_answer:
            self._at_answer = strike
        else:
            self._at_request = strike

    def _strike(self, interruption: Interruption, request: Request) -> None:
        gitlab = self.studio.gitlab
        match interruption.label:
            case label if label in {KILLED, KILLED_BEFORE}:
                raise LambdaCrash
            case label if label == TIMED_OUT:
                # It was sent at the last moment, and is carried out when nobody waits for it any more.
                if request.path == API_PATH:
                    gitlab.later(50, lambda: gitlab.carry_out_unseen(request))
                raise LambdaCrash("Sandbox.Timedout")
            case label if label == UNREACHABLE:
                raise NotSent("no connection could be made")
            case _:
                if interruption.later_seconds is not None and request.path == API_PATH:
                    gitlab.later(interruption.later_seconds, lambda: gitlab.carry_out_unseen(request))
                raise Stopped

    def _exchange(
        self,
        send: Callable[..., Answer],
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        stand_in = self.studio.gitlab if url.startswith(self.studio.gitlab.url) else self.studio.toggl
        headers = {"authorization": f"Bearer {GITLAB_TOKEN}", "content-type": "application/json"}
        path = "/" + url.split("/", 3)[3]
        seen = Request(method, path, dict(query or {}), headers, json.dumps(body).encode())
        self._at_request(seen)
        fault = stand_in.fault_for(seen)
        if fault is not None and fault.kind == "unanswered":
            self.studio.clock.sleep(http.READ_TIMEOUT_SECONDS)
            with patch.object(http, "READ_TIMEOUT_SECONDS", CLIENT_PATIENCE_SECONDS):
                answer = send(method, url, query=query, body=body)
        else:
            answer = send(method, url, query=query, body=body)
        self._at_answer(seen)
        return answer
