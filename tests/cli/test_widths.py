"""What every command prints fits every terminal: nothing is wider, and no reason is cut."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import apply, cost
from cli.billing.transitions import Transitions
from cli.demonstration.sample_day import GITLAB_TOKEN, GITLAB_USERNAME
from cli.deployment import deployment as deployment_module
from cli.executions.ended import Ended
from cli.executions.following import follow
from cli.settings.environment_file import TOKENS
from cli.tgs import main
from contract import names
from tests.cli.deployment.support import Called
from tests.cli.doctor.support import Examined, examined_at
from tests.cli.executions.support import ARN, Recorded, happy, output, row
from tests.cli.planning.support import DAY, Service, post
from tests.cli.support import FAIL, OUTPUT, Place, machine

WIDTHS = (60, 80, 120, 200)
LONG_PATH = "a-studio-with-a-long-name/customers-of-the-north/shops/website-of-the-harbour"
WORDY = "Fix the login, which redirects to a page that is not there any more, and tell everybody who waits for it"
TO_COPY = re.compile(r"(\S[^:]*: )?\s*((\./tgs|\./deploy\.sh|aws|chmod) .*|\S+)")
"""What may be wider than the terminal: a command to be copied, below or behind what it is for; a URL; an ARN."""

Run = Callable[[], int]


@dataclass(frozen=True)
class World:
    """What a command is arranged in: fixtures, when they are asked for."""

    request: pytest.FixtureRequest
    monkeypatch: pytest.MonkeyPatch

    def get(self, fixture: str) -> Any:
        return self.request.getfixturevalue(fixture)

    @property
    def place(self) -> Place:
        found: Place = self.get("place")
        return found


@dataclass(frozen=True)
class Case:
    """A command, and how it ends. whole: words that no width may cut."""

    arrange: Callable[[World], Run]
    exit_code: int = 0
    whole: tuple[str, ...] = ()


@pytest.fixture
def examined(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Examined]:
    with examined_at(place, capsys) as ready:
        yield ready


def on_the_day(*words: str) -> Callable[[World], Run]:
    """A command about the sample day, which has long names in it too, and something to change."""

    def arrange(world: World) -> Run:
        service: Service = world.get("service")
        service.gitlab.add_project(LONG_PATH, roles={GITLAB_USERNAME: "developer"})
        service.gitlab.add_issue(LONG_PATH, WORDY, iid=1_234)
        start = datetime(2026, 11, 20, 5, tzinfo=UTC)
        for reference in ("#1234", "#9876"):
            service.toggl.add_entry(f"{LONG_PATH}{reference} {WORDY} {'x' * 130}", start, 3_600)
        post(service, 900)
        tgs = world.get("tgs")
        return lambda: int(tgs(*words))

    return arrange


def of_a_run(*words: str) -> Callable[[World], Run]:
    """A command about a deployment with a run that failed, in which GitLab had much to say."""

    def arrange(world: World) -> Run:
        rows = [
            one | {"issue": f"{LONG_PATH}#12", "reason": reason, "warning": "duration_mismatch"}
            for one, reason in zip(OUTPUT["entries"], (None, WORDY), strict=True)
        ]
        world.place.add_machine(machine(FAIL, OUTPUT | {"entries": rows}))
        world.place.aws.wait_for(world.place.start(start_date="2026-11-23"))
        return lambda: main([*words, "-e", world.place.environment])

    return arrange


def apply_that_refuses(world: World) -> Run:
    def carry_out(_run: Any, console: Any, show: Callable[[Ended], None], **_how: Any) -> Ended:
        refused = row(issue=f"{LONG_PATH}#12", outcome="failed", reason=WORDY)
        ended = follow(happy(output(refused), WORDY), ARN, console, poll_seconds=0)
        show(ended)
        return ended

    world.monkeypatch.setattr(apply, "carry_out", carry_out)
    return on_the_day("apply", DAY, "--dry-run")(world)


def watch_of_one_in_trouble(world: World) -> Run:
    states = Recorded()
    states.enter("Task", "FetchEntries")
    states.add("TaskFailed", {"error": "TogglUnavailable", "cause": WORDY})
    states.fail("TogglUnavailable", WORDY)
    world.get("place")
    world.monkeypatch.setattr(deployment_module, "patient_client_of", lambda _session, _service: states)
    return lambda: main(["watch", ARN])


def check(world: World) -> Run:
    examined: Examined = world.get("examined")
    examined.arrange(gitlab_project_id=LONG_PATH)
    return lambda: main(["check", "-e", examined.place.environment])


def tokens(world: World) -> Run:
    world.place.add_settings()
    world.place.add_secrets("a", "b")
    world.monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    world.monkeypatch.setattr(getpass, "getpass", lambda prompt: print(prompt.rstrip()) or "")
    world.monkeypatch.setattr("builtins.input", lambda prompt: print(prompt.rstrip()) or "y")
    return lambda: main(["tokens", "-e", world.place.environment])


def init_of_what_is_deployed(world: World) -> Run:
    service: Service = world.get("service")
    project: Path = world.get("project")
    service.gitlab.add_project(LONG_PATH, roles={GITLAB_USERNAME: "developer"})
    deployed = {"gitlab_url": service.gitlab.url, "toggl_url": service.toggl.url, "gitlab_project_id": LONG_PATH}
    world.place.add_settings(**deployed, skip_terms=["b", WORDY.replace(",", "")])
    (project / "environments").mkdir()
    (project / "environments" / f"{world.place.environment}.toml").write_text("days_back = 3\n")

    def run() -> int:
        for variable, token in zip(TOKENS, (service.toggl.token, GITLAB_TOKEN), strict=True):
            world.monkeypatch.setenv(variable, token)  # no command leaves a token in the environment
        return main(["init", "--yes", "-e", world.place.environment])

    return run


def deploy(world: World) -> Run:
    called: Called = world.get("called")
    called.place.add_stack()
    called.place.add_settings(gitlab_url="https://gitlab.example.com", skip_terms=["b", WORDY.replace(",", "")])
    url = "https://gitlab.of-a-studio-with-a-long-name.and-of-its-customers-in-the-north.example.com"
    return lambda: called.deploy("-a", "111122223333", "--gitlab-url", url, "--set", "days_back=9")


def destroy(world: World) -> Run:
    called: Called = world.get("called")
    called.place.add_stack()
    called.place.add_machine()
    logs = called.place.aws.client("logs")
    logs.create_log_group(logGroupName=names.function_log_group(called.place.environment, "fetch"))
    world.monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    world.monkeypatch.setattr("builtins.input", lambda prompt: print(prompt.rstrip()) or "no")
    return lambda: called.destroy("-a", "111122223333")


def what_it_costs(world: World) -> Run:
    world.get("project")
    world.monkeypatch.setattr(cost, "require_tools", lambda: None)
    world.monkeypatch.setattr(cost, "transitions_of_the_app", lambda _name: Transitions(20, 3, 2))
    return lambda: main(["cost"])


NOT_FOUND = "the issue or merge request that it names does not exist, or your token does not see it"
TOO_SHORT = "too_short: it is shorter than minimum_duration, or has no time at all"
MISMATCH = "duration_mismatch: Toggl's duration is not the time between start and stop, which is what counts"
REFERENCES = ("#9999 Something that was never filed studio/website#9999", "issues/5 upstream bug")
CASES = {
    "plan": Case(on_the_day("plan", DAY), 0, (NOT_FOUND, TOO_SHORT, MISMATCH, "#1234 1:00:00", *REFERENCES)),
    "plan, with what is kept": Case(on_the_day("plan", DAY, "--kept", "--set", "sync_edits=false"), 0, (NOT_FOUND,)),
    "explain": Case(on_the_day("explain", f"{LONG_PATH}#1234 {WORDY}", "--project", WORDY), 0, (WORDY,)),
    "explain a day": Case(on_the_day("explain", "--days", DAY), 0, (f"{TOO_SHORT} (minimum_duration: 300)",)),
    "report": Case(
        on_the_day("report", DAY), 0, ("missing: it should be on GitLab, but is not", "studio/website#9999")
    ),
    "report by day": Case(on_the_day("report", DAY, "--by", "day")),
    "apply, a dry run": Case(apply_that_refuses, 0, (WORDY,)),
    "start": Case(of_a_run("start"), 1, (WORDY, MISMATCH)),
    "watch": Case(of_a_run("watch"), 1, (WORDY,)),
    "watch one in trouble": Case(watch_of_one_in_trouble, 1, (f"TogglUnavailable: {WORDY}",)),
    "show": Case(of_a_run("show", "--all"), 1, (WORDY, MISMATCH)),
    "runs": Case(of_a_run("runs"), 0, ("2026-11-23", "EntriesFailed")),
    "check": Case(check, 1, ("it does not exist, or the token's user cannot see it.", "/toggl-token holds a token")),
    "tokens": Case(tokens, 0, ("The Toggl token will be sent to https://api.track.toggl.com (the default server).",)),
    "init": Case(
        init_of_what_is_deployed,
        0,
        ("Only in the shell, and written nowhere:", "nobody has said so. To keep it: skip_"),
    ),
    "deploy": Case(deploy, 0, ("nobody has said so. To keep it: --set 'skip_terms=",)),
    "destroy": Case(destroy, 2, ("Your Toggl and your GitLab stay as they are.",)),
    "cost": Case(what_it_costs, 0, ("Secrets Manager, requests", "$0.0033", "total")),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_command_prints_fits_every_terminal_and_no_reason_is_cut(
    name: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = CASES[name]
    run = case.arrange(World(request, monkeypatch))

    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        assert run() == case.exit_code

        shown = "".join(capsys.readouterr())
        lines = shown.splitlines()
        assert [line for line in lines if len(line) > width and not TO_COPY.fullmatch(line)] == []
        assert [line for line in lines if line != line.rstrip()] == []
        assert "\x1b" not in shown
        assert [words for words in case.whole if words not in " ".join(shown.split())] == []
