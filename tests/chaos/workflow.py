"""Runs of the deployed state machine: the local AWS, the real Lambdas, and fresh stand-ins for each seed.

A minute takes a second: the state machine's waits and the stand-ins' clock are scaled alike. What the Lambdas do is
not, so a Lambda's timeout of 2 s stands for the 60 s of its deployment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from contract import limits, names
from local.aws.executions import ENDED
from local.aws.server import LocalAws
from local.standins.server import Fault, Request, Response, StandIn, lasting_ports
from tests.chaos.breaks import broken_definition
from tests.chaos.expected import Choices
from tests.chaos.happenings import choices_of, draw_weeks, has_weeks
from tests.chaos.mornings import play_weeks
from tests.chaos.schedule import (
    KILLED,
    KILLED_BEFORE,
    STOPPED,
    TIMED_OUT,
    TOGGL,
    TWIN,
    DisturbedRun,
    Interruption,
    asks,
    draw,
)
from tests.chaos.studio import GITLAB_TOKEN, PROJECT_MAP, TOGGL_TOKEN, USER, WEBSITE_ID, Studio
from tests.chaos.world import Ended, Verdict, play
from tests.workflow.in_process import Clock

WAIT_SCALE = 1 / 60
SETTLE_SECONDS = 70
POST_TIMEOUT_SECONDS = 2
"""The post Lambda's, in real time; it stands for its 60 s, but takes as long as 120 s of the scaled waits."""

MAX_CONCURRENCY = 4
SILENT_SECONDS = POST_TIMEOUT_SECONDS + 0.5
RUN_TIMEOUT_SECONDS = 180.0


class Deployment(Protocol):
    """What a seed needs to know of a deployed environment."""

    @property
    def aws(self) -> LocalAws: ...
    @property
    def state_machine_arn(self) -> str: ...
    @property
    def toggl_port(self) -> int: ...
    @property
    def gitlab_port(self) -> int: ...


@dataclass(frozen=True)
class Deployed:
    aws: LocalAws
    state_machine_arn: str
    toggl_port: int
    gitlab_port: int


@dataclass
class ScaledClock(Clock):
    """Real time for what has a date, faster seconds for what is waited for; both so far behind or ahead.

    ahead: of real time; negative in weeks, which end about now, since no run is scheduled for later.
    """

    scale: float = WAIT_SCALE
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return time.monotonic() / self.scale + self.ahead.total_seconds()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds * self.scale)


@contextmanager
def deployed(choices: Choices, broken: str | None = None) -> Iterator[Deployed]:
    """A local AWS with the app deployed to it. broken: `look`, `lock` or `settle` for a deliberate break."""
    toggl_port, gitlab_port = lasting_ports(2)
    with LocalAws(wait_scale=WAIT_SCALE) as aws:
        outputs = aws.deploy(
            {
                "toggl_url": f"http://127.0.0.1:{toggl_port}",
                "gitlab_url": f"http://127.0.0.1:{gitlab_port}",
                "gitlab_project_id": str(WEBSITE_ID),
                "project_map": json.dumps(PROJECT_MAP),
                **{key: json.dumps(value).strip('"') for key, value in choices.context().items()},
                "max_concurrency": str(MAX_CONCURRENCY),
                "settle_seconds": str(SETTLE_SECONDS),
            }
        )
        arn = outputs["StateMachineArn"]
        for secret, token in ((names.toggl_secret("prod"), TOGGL_TOKEN), (names.gitlab_secret("prod"), GITLAB_TOKEN)):
            value = json.dumps({names.TOKEN_KEY: token})
            aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)
        states = aws.client("stepfunctions")
        deployed_text = states.describe_state_machine(stateMachineArn=arn)["definition"]
        definition = json.loads(_with_a_post_that_times_out(deployed_text, aws))
        _warm_up(definition, aws)
        _land_as_long_as_lambdas_live(definition)
        states.update_state_machine(stateMachineArn=arn, definition=broken_definition(json.dumps(definition), broken))
        yield Deployed(aws, arn, toggl_port, gitlab_port)


def _with_a_post_that_times_out(definition: str, aws: LocalAws) -> str:
    """The definition with another version of post, which has the timeout of this suite."""
    functions, name = aws.client("lambda"), names.function("prod", "post")
    functions.update_function_configuration(FunctionName=name, Timeout=POST_TIMEOUT_SECONDS)
    version = functions.publish_version(FunctionName=name)["FunctionArn"]
    return definition.replace(_functions_in(json.loads(definition))["PostEntry"], version)


def _functions_in(definition: dict[str, Any]) -> dict[str, str]:
    """The ARN of the function that each state calls."""
    found: dict[str, str] = {}
    for name, state in definition["States"].items():
        found |= _functions_in(state["ItemProcessor"]) if "ItemProcessor" in state else {}
        if "FunctionName" in state.get("Arguments", {}):
            found[name] = state["Arguments"]["FunctionName"]
    return found


def _warm_up(definition: dict[str, Any], aws: LocalAws) -> None:
    """Start all Lambdas that runs may need at once: how long that takes is real time, which no wait here reckons with.

    What they are called with is nothing that they take.
    """
    invoke = aws.client("lambda").invoke
    arns = sorted(set(_functions_in(definition).values())) * MAX_CONCURRENCY
    with ThreadPoolExecutor(len(arns)) as pool:
        list(pool.map(lambda arn: invoke(FunctionName=arn, Payload="{}"), arns))


def _land_as_long_as_lambdas_live(definition: dict[str, Any]) -> None:
    """A stopped run's last Lambda lives for `POST_TIMEOUT_SECONDS` that are not scaled: so long the next run waits."""
    wait = definition["States"]["LetItsWritesLand"]
    deployed, scaled = (
        str(int(timeout_seconds) + SETTLE_SECONDS)
        for timeout_seconds in (limits.POST_TIMEOUT_SECONDS, POST_TIMEOUT_SECONDS / WAIT_SCALE)
    )
    if deployed not in wait["Seconds"]:
        raise ValueError(f"LetItsWritesLand does not wait {deployed} s: {wait['Seconds']}")
    wait["Seconds"] = wait["Seconds"].replace(deployed, scaled)


def execute_seed(
    seed: int, deployment: Deployment, *, toggl_token: str = TOGGL_TOKEN, gitlab_token: str = GITLAB_TOKEN
) -> Verdict:
    """One seed on a deployed environment."""
    aws, deployed_choices = deployment.aws, choices_of(seed)
    aws.client("dynamodb").delete_item(TableName=names.table("prod"), Key={"id": {"S": "sync"}})
    weeks = draw_weeks(seed, deployed=True, choices=deployed_choices) if has_weeks(seed) else None
    clock = ScaledClock(datetime.now(UTC), scale=aws.wait_scale, ahead=-timedelta(days=weeks.last_day if weeks else 0))
    with Studio(clock, toggl_port=deployment.toggl_port, gitlab_port=deployment.gitlab_port) as studio:
        studio.toggl.token = toggl_token
        studio.gitlab.add_token(gitlab_token, USER)
        if weeks is not None:
            return play_weeks(weeks, Executed(studio, deployment, gitlab_token, {}))
        # Only what is chosen: a run that overrides a filter removes nothing because of it.
        schedule, usual = draw(seed, deployed=True), deployed_choices.context()
        run_input = {name: value for name, value in schedule.choices.context().items() if value != usual[name]}
        return play(schedule, Executed(studio, deployment, gitlab_token, run_input))


class Executed:
    """The stage of the whole workflow: executions of the deployed state machine."""

    def __init__(self, studio: Studio, deployment: Deployment, token: str, settings: dict[str, Any]) -> None:
        self.studio = studio
        self.token = token
        self._deployment = deployment
        self._settings = settings
        self._states = deployment.aws.client("stepfunctions")
        self._outlives = False
        for stand_in in (studio.toggl, studio.gitlab):
            _let_it_kill(stand_in, deployment.aws)

    def item(self) -> dict[str, str]:
        table = self._deployment.aws.client("dynamodb")
        item = table.get_item(TableName=names.table("prod"), Key={"id": {"S": "sync"}}).get("Item", {})
        return {name: value["S"] for name, value in item.items()}

    def wait_until(self, instant: datetime) -> None:
        """At once, but for a stopped run's last Lambda, which lives on in real time."""
        if self._outlives:
            time.sleep(POST_TIMEOUT_SECONDS + 0.5)
            self._outlives = False
        clock = self.studio.clock
        assert isinstance(clock, ScaledClock)
        clock.ahead += max(timedelta(0), instant - clock.now())

    def meanwhile(self, doing: Mapping[int, Callable[[], None]]) -> None:
        """Not here: nobody could tell what came first."""
        if doing:
            raise NotImplementedError

    def run(self, run: DisturbedRun, run_input: dict[str, Any], met: Counter[tuple[str, str]]) -> list[Ended]:
        stops = run.interruption is not None and run.interruption.label == STOPPED
        faults = []
        for strike in run.strikes:
            fault = strike.arm(self._stand_in(strike.target), SILENT_SECONDS)
            faults.append((strike.label, strike.target, strike.times, fault))
        if run.interruption is not None and not stops:
            faults.append(self._arm(run.interruption))
        stop = threading.Event()
        if run.interruption is not None and stops:
            self._ring(run.interruption, stop)
        text = json.dumps({**self._settings, **run_input})
        arns = [
            self._states.start_execution(stateMachineArn=self._deployment.state_machine_arn, input=text)["executionArn"]
            for _run in range(2 if run.is_twin else 1)
        ]
        if run.is_twin:
            met[TWIN, "run"] += 1
        ended = [self._wait_for(arn, stop if arn == arns[0] else threading.Event()) for arn in arns]
        for label, target, times, fault in faults:
            met[label, target] += times - fault.times
        self._outlives = any(one.why == STOPPED for one in ended)
        if run.interruption is not None and ended[0].why == STOPPED:
            met[STOPPED, run.interruption.target] += 1
        for stand_in in (self.studio.toggl, self.studio.gitlab):
            stand_in.faults.clear()
            vars(stand_in).pop("respond", None)
        return ended

    def _stand_in(self, target: str) -> StandIn:
        return self.studio.toggl if target == TOGGL else self.studio.gitlab

    def _arm(self, interruption: Interruption) -> tuple[str, str, int, Fault]:
        kinds = {KILLED: "killed", KILLED_BEFORE: "killed before", TIMED_OUT: "unanswered"}
        fault = self._stand_in(interruption.target).fail(
            kinds[interruption.label],
            when=asks(interruption.target),
            skip=interruption.ordinal - 1,
            times=interruption.times,
            seconds=50,
            silent_seconds=SILENT_SECONDS,
        )
        return interruption.label, interruption.target, interruption.times, fault

    def _ring(self, interruption: Interruption, bell: threading.Event) -> None:
        """Set the event when the request comes at which the execution is to be stopped."""
        stand_in, numbers, is_meant = self._stand_in(interruption.target), count(1), asks(interruption.target)
        respond = stand_in.respond

        def watched(request: Request) -> Response | None:
            if is_meant(request) and next(numbers) == interruption.ordinal:
                bell.set()
            return respond(request)

        stand_in.respond = watched  # type: ignore[method-assign]  # for this run only

    def _wait_for(self, arn: str, stop: threading.Event) -> Ended:
        deadline = time.monotonic() + RUN_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if stop.is_set():
                stop.clear()
                with suppress(self._states.exceptions.ClientError):  # it has just ended by itself
                    self._states.stop_execution(executionArn=arn, error="Stopped", cause="by the fault suite")
            found = self._states.describe_execution(executionArn=arn)
            if found["status"] in ENDED:
                if found["status"] == "SUCCEEDED":
                    output = json.loads(found["output"])
                    return Ended(output, summary=output)
                why = f"{found.get('error')}: {found.get('cause')}"
                return Ended(None, STOPPED if found["status"] == "ABORTED" else why)
            stop.wait(0.03)
        return Ended(None, f"it did not end within {RUN_TIMEOUT_SECONDS:g} s")


def _let_it_kill(stand_in: StandIn, aws: LocalAws) -> None:
    """Two kinds of faults more: `killed` (carried out, then the Lambda's process dies) and `killed before`."""
    special = stand_in.special_answer

    def answer(fault: Fault, request: Request) -> Response:
        if fault.kind not in {"killed", "killed before"}:
            return special(fault, request)
        whole = stand_in.answer(request) if fault.kind == "killed" else Response(500)
        _kill_who_asked(request.client_port, aws.process_id or 0)
        return whole

    stand_in.special_answer = answer  # type: ignore[method-assign]  # for this stand-in only


def _kill_who_asked(client_port: int, group: int) -> None:
    """SIGKILL for the Lambda worker (a process of the local AWS's group) that holds this end of a connection."""
    for process in _processes_at(client_port):
        with suppress(ProcessLookupError):
            if os.getpgid(process) == group and process != group:
                os.kill(process, signal.SIGKILL)


def _processes_at(port: int) -> list[int]:
    sockets = Path("/proc/net/tcp")
    if not sockets.exists():
        command = ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:ESTABLISHED", "-t"]
        return [
            int(line) for line in subprocess.run(command, capture_output=True, check=False, text=True).stdout.split()
        ]
    rows = [line.split() for line in sockets.read_text().splitlines()[1:]]
    links = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}")}
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and _holds(folder, links)]


def _holds(process: Path, links: set[str]) -> bool:
    with suppress(OSError):
        return any(_link(descriptor) in links for descriptor in (process / "fd").iterdir())
    return False


def _link(descriptor: Path) -> str:
    with suppress(OSError):
        return str(descriptor.readlink())
    return ""
