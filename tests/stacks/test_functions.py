"""The three Lambdas: what they are made of, what they know, and what they log."""

from __future__ import annotations

import json

import pytest

from contract.settings import Settings
from tests.stacks.conftest import OTHER_SETTINGS
from tests.stacks.support import ROOT, Synthesis

ROLES = ("fetch", "transform", "post")
DEFAULT_NAME = "toggl-gitlab-sync-prod"


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


@pytest.mark.parametrize("role", ROLES)
def test_the_functions_know_exactly_the_settings_that_concern_them(
    default: Synthesis, other: Synthesis, role: str
) -> None:
    variables = [stack.function(role)["Environment"]["Variables"] for stack in (default, other)]

    assert variables == [Settings().to_environment(), Settings.from_context(OTHER_SETTINGS).to_environment()]


@pytest.mark.parametrize("role", ROLES)
def test_no_variable_of_a_function_is_or_names_a_secret(other: Synthesis, role: str) -> None:
    variables = other.function(role)["Environment"]["Variables"]

    assert all(isinstance(value, str) for value in variables.values())
    assert not [text for pair in variables.items() for text in pair if "token" in text.lower()]
    assert not [name for name in variables if "SECRET" in name or "KEY" in name or "PASSWORD" in name]


@pytest.mark.parametrize("role", ROLES)
def test_a_function_logs_to_the_group_of_its_own_name(default: Synthesis, role: str) -> None:
    function = default.function(role)
    group = function["LoggingConfig"]["LogGroup"]["Ref"]

    assert default.resources("AWS::Logs::LogGroup")[group]["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"


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
