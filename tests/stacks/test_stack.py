"""The synthesised stack: what a deployment is made of, and who may do what."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from contract import names
from contract.errors import InvalidSettings
from contract.settings import Settings
from tests.stacks.conftest import OTHER_SETTINGS
from tests.stacks.support import CDK_CONTEXT, ROOT, Synthesis, synthesise

ROLES = ("fetch", "transform", "post")
DEFAULT_NAME = "toggl-gitlab-sync-prod"
OTHER_NAME = "toggl-gitlab-sync-staging-2"

# Names and sizes.


@pytest.mark.parametrize(("which", "name"), [("default", DEFAULT_NAME), ("other", OTHER_NAME)])
def test_everything_has_the_name_by_which_people_and_scripts_know_it(
    request: pytest.FixtureRequest, which: str, name: str
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    environment = name.removeprefix("toggl-gitlab-sync-")

    assert stack.template_file.name == f"TogglGitLabSync-{environment}.template.json"
    assert stack.the("AWS::StepFunctions::StateMachine")["StateMachineName"] == name
    assert {one["FunctionName"] for one in stack.resources("AWS::Lambda::Function").values()} == {
        f"{name}-fetch",
        f"{name}-transform",
        f"{name}-post",
    }
    assert {one["Name"] for one in stack.resources("AWS::SecretsManager::Secret").values()} == {
        f"toggl-gitlab-sync/{environment}/toggl-token",
        f"toggl-gitlab-sync/{environment}/gitlab-token",
    }
    assert {one["LogGroupName"] for one in stack.resources("AWS::Logs::LogGroup").values()} == {
        f"/aws/lambda/{name}-fetch",
        f"/aws/lambda/{name}-transform",
        f"/aws/lambda/{name}-post",
        f"/aws/vendedlogs/states/{name}",
    }


@pytest.mark.parametrize(
    ("role", "memory_mb", "timeout_seconds"), [("fetch", 512, 300), ("transform", 512, 300), ("post", 256, 60)]
)
def test_a_function_has_its_memory_its_time_and_its_handler(
    default: Synthesis, role: str, memory_mb: int, timeout_seconds: int
) -> None:
    function = default.function(role)

    assert (function["MemorySize"], function["Timeout"]) == (memory_mb, timeout_seconds)
    assert function["Handler"] == f"functions.{role}.handler.handle"


@pytest.mark.parametrize("role", ROLES)
def test_a_function_runs_python_3_13_on_arm64_with_the_layer_and_tracing(default: Synthesis, role: str) -> None:
    function = default.function(role)
    [layer] = default.resources("AWS::Lambda::LayerVersion")

    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Layers"] == [{"Ref": layer}]
    assert function["TracingConfig"] == {"Mode": "Active"}


def test_the_layer_is_for_what_the_functions_run_on(default: Synthesis) -> None:
    layer = default.the("AWS::Lambda::LayerVersion")

    assert (layer["CompatibleRuntimes"], layer["CompatibleArchitectures"]) == (["python3.13"], ["arm64"])
    assert layer["LayerName"] == DEFAULT_NAME


def test_a_run_keeps_the_transform_and_the_post_that_it_started_with(default: Synthesis) -> None:
    versions = default.resources("AWS::Lambda::Version")
    called = {
        role: {state["Arguments"]["FunctionName"] for state in default.calls(role).values()}
        for role in ("fetch", "transform", "post")
    }

    of_versions = {
        role: {one.strip("<>") for one in names_called} & set(versions) for role, names_called in called.items()
    }
    assert {role: len(found) for role, found in of_versions.items()} == {"fetch": 0, "transform": 1, "post": 1}
    assert {role: len(found) for role, found in called.items()} == {"fetch": 1, "transform": 1, "post": 1}


def test_a_version_outlives_the_next_deployment_but_not_one_that_is_rolled_back(default: Synthesis) -> None:
    versions = [one for one in default.template["Resources"].values() if one["Type"] == "AWS::Lambda::Version"]

    assert [(one["DeletionPolicy"], one["UpdateReplacePolicy"]) for one in versions] == [
        ("RetainExceptOnCreate", "Retain")
    ] * 2


def test_the_stack_goes_to_the_account_and_region_that_are_asked_for(other: Synthesis) -> None:
    manifest = json.loads((other.folder / "manifest.json").read_text())

    assert manifest["artifacts"]["TogglGitLabSync-staging-2"]["environment"] == "aws://123456789012/eu-west-1"


# Settings.


@pytest.mark.parametrize("role", ROLES)
def test_the_functions_know_exactly_the_settings_that_concern_them(
    default: Synthesis, other: Synthesis, role: str
) -> None:
    variables = [stack.function(role)["Environment"]["Variables"] for stack in (default, other)]

    assert variables == [Settings().to_environment(), Settings.from_context(OTHER_SETTINGS).to_environment()]


def test_the_other_deployment_of_these_tests_changes_every_setting() -> None:
    changed, usual = Settings.from_context(OTHER_SETTINGS), Settings()

    assert [one.name for one in fields(Settings) if getattr(changed, one.name) == getattr(usual, one.name)] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_variable_of_a_function_is_or_names_a_secret(other: Synthesis, role: str) -> None:
    variables = other.function(role)["Environment"]["Variables"]

    assert all(isinstance(value, str) for value in variables.values())
    assert not [text for pair in variables.items() for text in pair if "token" in text.lower()]
    assert not [name for name in variables if "SECRET" in name or "KEY" in name or "PASSWORD" in name]


@pytest.mark.parametrize(("which", "expected"), [("default", 10), ("other", 3)])
def test_max_concurrency_bounds_every_map(request: pytest.FixtureRequest, which: str, expected: int) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    maps = [state for state in stack.states.values() if state["Type"] == "Map"]

    assert maps
    assert {state["MaxConcurrency"] for state in maps} == {expected}


@pytest.mark.parametrize(("which", "expected"), [("default", 70), ("other", 45)])
def test_settle_seconds_is_how_long_a_write_of_unknown_outcome_is_left_alone(
    request: pytest.FixtureRequest, which: str, expected: int
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    waits = {name: state for name, state in stack.states.items() if name.startswith("Settle")}

    assert waits
    assert {(state["Type"], state["Seconds"]) for state in waits.values()} == {("Wait", expected)}


def test_lock_wait_and_alarm_email_reach_their_places(default: Synthesis, other: Synthesis) -> None:
    subscription = other.the("AWS::SNS::Subscription")

    assert "1234" in json.dumps(other.definition["States"]["MayWaitForTurn"])
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")
    assert default.resources("AWS::SNS::Subscription") == {}


# Secrets.


def test_a_deployed_secret_holds_the_placeholder_that_the_code_recognises(default: Synthesis) -> None:
    texts = {one["SecretString"] for one in default.resources("AWS::SecretsManager::Secret").values()}

    assert [json.loads(text) for text in texts] == [{"api_token": names.TOKEN_PLACEHOLDER}]


# Logs.


def test_every_log_is_kept_for_a_month(default: Synthesis) -> None:
    retention = {
        one["LogGroupName"]: one.get("RetentionInDays") for one in default.resources("AWS::Logs::LogGroup").values()
    }

    assert retention
    assert set(retention.values()) == {30}


@pytest.mark.parametrize("role", ROLES)
def test_a_function_logs_to_the_group_of_its_own_name(default: Synthesis, role: str) -> None:
    function = default.function(role)
    group = function["LoggingConfig"]["LogGroup"]["Ref"]

    assert default.resources("AWS::Logs::LogGroup")[group]["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"


# The state machine and what starts it.


def test_the_state_machine_is_standard_traced_and_logged_without_what_people_wrote(default: Synthesis) -> None:
    machine = default.the("AWS::StepFunctions::StateMachine")

    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert default.definition["QueryLanguage"] == "JSONata"


@pytest.mark.parametrize(
    ("which", "name", "expression", "timezone"),
    [("default", DEFAULT_NAME, "cron(0 9 * * ? *)", "UTC"), ("other", OTHER_NAME, "rate(1 day)", "Europe/Berlin")],
)
def test_the_schedule_is_in_the_settings_timezone(
    request: pytest.FixtureRequest, which: str, name: str, expression: str, timezone: str
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    schedule = stack.the("AWS::Scheduler::Schedule")

    assert (schedule["Name"], schedule["State"]) == (name, "ENABLED")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (expression, timezone)
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_schedule_sends_its_own_time_to_the_state_machine(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    target = default.the("AWS::Scheduler::Schedule")["Target"]

    assert target["Arn"] == {"Ref": machine}
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_a_schedule_that_is_off_is_not_there(unscheduled: Synthesis) -> None:
    assert unscheduled.resources("AWS::Scheduler::Schedule") == {}
    assert unscheduled.outputs["ScheduleExpression"].startswith("off")


def test_the_outputs_say_what_was_deployed_and_where_to_look(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    functions = {one["FunctionName"]: key for key, one in default.resources("AWS::Lambda::Function").items()}
    secrets = {one["Name"]: key for key, one in default.resources("AWS::SecretsManager::Secret").items()}

    assert default.outputs["StateMachineArn"] == {"Ref": machine}
    for role in ROLES:
        assert default.outputs[f"{role.capitalize()}FunctionName"] == {"Ref": functions[f"{DEFAULT_NAME}-{role}"]}
    assert default.outputs["TogglSecretArn"] == {"Ref": secrets["toggl-gitlab-sync/prod/toggl-token"]}
    assert default.outputs["GitLabSecretArn"] == {"Ref": secrets["toggl-gitlab-sync/prod/gitlab-token"]}
    assert default.outputs["ScheduleExpression"] == "cron(0 9 * * ? *) UTC"
    link, arn = default.outputs["ConsoleLink"]["Fn::Join"][1]
    assert link.startswith("https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/statemachines/")
    assert arn == {"Ref": machine}


# The code.


def test_the_functions_are_deployed_with_their_own_two_folders_and_nothing_else(default: Synthesis) -> None:
    assets = json.loads(next(default.folder.glob("*.assets.json")).read_text())["files"].values()
    folders = [default.folder / one["source"]["path"] for one in assets if one["source"]["packaging"] == "zip"]
    [code] = [folder for folder in folders if (folder / "functions").is_dir()]

    shipped = {path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file()}

    expected = {
        path.relative_to(ROOT).as_posix() for top in ("contract", "functions") for path in (ROOT / top).rglob("*.py")
    }
    assert shipped == expected
    assert len(folders) == 2


# The app as a program.

BLOCKED_PYTHON = """
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["CALLS_OUT"], "a") as calls:
        calls.write(f"python {args[-1]}\\n")
    raise OSError("no network in this test")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.gethostbyname = refuse
"""
BLOCKED_NODE = """
const refuse = (...args) => {
  require("fs").appendFileSync(process.env.CALLS_OUT, `node ${args[0]}\\n`);
  throw new Error("no network in this test");
};
require("net").Socket.prototype.connect = refuse;
require("dns").lookup = refuse;
require("dns").promises.lookup = refuse;
"""


@dataclass
class Program:
    """`python app.py` in an environment without network and credentials."""

    folder: Path

    def start(self, **context: str) -> subprocess.Popen[str]:
        for name, text in (("sitecustomize.py", BLOCKED_PYTHON), ("block.js", BLOCKED_NODE)):
            (self.folder / name).write_text(text)
        return subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],  # jsii keeps the unpacked CDK there, which takes a minute to unpack
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "PYTHONPATH": str(self.folder),
                "PYTHONDONTWRITEBYTECODE": "1",
                "NODE_OPTIONS": f"--require {self.folder / 'block.js'}",
                "CALLS_OUT": str(self.calls_out),
                "CDK_OUTDIR": str(self.folder / "cdk.out"),
                "CDK_CONTEXT_JSON": json.dumps({**CDK_CONTEXT, **context}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def calls_out(self) -> Path:
        return self.folder / "calls-out"


@dataclass
class Ended:
    """What became of it."""

    program: Program
    code: int
    said: str


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Two runs of the program, side by side since each takes seconds."""
    contexts = {"good": {}, "bad": {"dry_runn": "true"}}
    programs = {name: Program(tmp_path_factory.mktemp(name)) for name in contexts}
    running = {name: programs[name].start(**context) for name, context in contexts.items()}
    said = {name: process.communicate(timeout=120) for name, process in running.items()}
    return {name: Ended(programs[name], running[name].returncode, "".join(said[name])) for name in contexts}


def test_the_synth_needs_no_network_and_no_credentials(ended: dict[str, Ended]) -> None:
    good = ended["good"]

    assert good.code == 0, good.said
    assert not good.program.calls_out.exists(), good.program.calls_out.read_text()


def test_the_same_settings_give_the_same_template_byte_for_byte(default: Synthesis, ended: dict[str, Ended]) -> None:
    again = Synthesis(ended["good"].program.folder / "cdk.out")

    assert again.template_file.read_bytes() == default.template_file.read_bytes()


def test_a_setting_that_is_not_allowed_stops_the_program_with_a_message_for_people(ended: dict[str, Ended]) -> None:
    bad = ended["bad"]

    assert bad.code == 1
    assert "InvalidSettings: Unknown context key 'dry_runn' (with the value 'true'). Allowed are: " in bad.said
    assert [one.name for one in fields(Settings) if one.name not in bad.said] == []
    assert "Traceback" not in bad.said
    assert not (bad.program.folder / "cdk.out" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("environment", "Prod_1", "1-20 of a-z 0-9 -"),
        ("schedule", "every day", "cron(), rate(), or off"),
        ("gitlab_url", "http://gitlab.example.com", "https; http for loopback only"),
        ("max_concurrency", "41", "1-40"),
        ("dry_run", "maybe", "true, false"),
    ],
)
def test_a_bad_value_stops_the_synth_and_says_what_is_allowed(
    tmp_path: Path, key: str, value: str, allowed: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        synthesise(tmp_path, {key: value})

    assert caught.value.message == f"{key} has the value '{value}', but allowed is: {allowed}."
