"""The three Lambdas: what they are made of, what they know, and what they log."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.errors import InvalidSettings
from contract.settings import VARIABLES, Settings
from functions.shared.deployed import deployed_variables
from stacks import assets
from tests.stacks.conftest import OTHER_SETTINGS
from tests.stacks.support import ROOT, Synthesis, synthesise


def zipped(stack: Synthesis) -> list[Path]:
    """The folders that the CDK packs and uploads."""
    assets = json.loads(next(stack.folder.glob("*.assets.json")).read_text())["files"].values()
    return [stack.folder / one["source"]["path"] for one in assets if one["source"]["packaging"] == "zip"]


def code_of(stack: Synthesis) -> Path:
    """What the functions are deployed with."""
    [code] = [folder for folder in zipped(stack) if (folder / "functions").is_dir()]
    return code


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


def test_fetch_knows_every_setting_of_a_run_but_what_is_in_the_file(default: Synthesis, other: Synthesis) -> None:
    for stack, settings in ((default, Settings()), (other, Settings.from_context(OTHER_SETTINGS))):
        variables = settings.to_environment()
        in_the_file = json.loads((code_of(stack) / "variables.json").read_text(encoding="utf-8"))

        assert in_the_file == {"PROJECT_MAP": variables["PROJECT_MAP"]}
        assert stack.function("fetch")["Environment"]["Variables"] | in_the_file == variables
        assert "PROJECT_MAP" not in stack.function("fetch")["Environment"]["Variables"]


@pytest.mark.parametrize("role", ["transform", "post"])
def test_transform_and_post_know_only_whose_token_they_take_and_where_it_goes(other: Synthesis, role: str) -> None:
    assert other.function(role)["Environment"]["Variables"] == {
        "ENVIRONMENT": "staging-2",
        "GITLAB_URL": "https://gitlab.example.com",
    }


def long_map(projects: int) -> str:
    path = "a-studio/clients/of-the-harbour/and-of-the-other-side"
    return json.dumps({f"A client's project {number}": f"{path}/project-{number}" for number in range(projects)})


def test_300_projects_are_carried_beside_the_code_and_make_another_version_of_it(
    tmp_path: Path, default: Synthesis
) -> None:
    text = long_map(300)

    stack = synthesise(tmp_path, {"project_map": text})

    assert len(text) > 4 * 4_096
    own = stack.function("fetch")["Environment"]["Variables"]
    known = Settings.from_environment(deployed_variables(own, code_of(stack)), required=VARIABLES)
    assert known.project_map == Settings.from_context({"project_map": text}).project_map
    for role in ROLES:
        assert len(json.dumps(stack.function(role)["Environment"]["Variables"])) <= 4_096
        assert stack.function(role)["Code"] != default.function(role)["Code"]
    assert json.loads(stack.template["Metadata"]["Settings"]["project_map"]) == json.loads(text)


def test_a_map_that_no_run_could_carry_stops_the_synth(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"^project_map takes [0-9]{6} bytes, but allowed is: 65536 bytes"):
        synthesise(tmp_path, {"project_map": long_map(1_500)})


def test_variables_that_lambda_would_refuse_stop_the_synth_with_the_key_of_the_longest(tmp_path: Path) -> None:
    terms = ",".join(f"break-{number:04}" for number in range(370))

    with pytest.raises(InvalidSettings) as refused:
        synthesise(tmp_path, {"skip_terms": terms, "issue_labels": "time,toggl"})

    assert str(refused.value).startswith("skip_terms takes 4069 bytes, but allowed is: 4096 bytes for all variables")


def test_variables_of_nearly_4_096_bytes_are_deployed(tmp_path: Path) -> None:
    terms = ",".join(f"break-{number:04}" for number in range(300))

    variables = synthesise(tmp_path, {"skip_terms": terms}).function("fetch")["Environment"]["Variables"]

    assert 3_700 < sum(len(name) + len(text) for name, text in variables.items()) <= 4_096


def test_the_settings_that_no_variable_has_stand_in_the_template(other: Synthesis) -> None:
    kept = other.template["Metadata"]["Settings"]

    assert kept == {key: OTHER_SETTINGS[key] for key in kept}
    assert {"schedule", "max_concurrency", "settle_seconds", "lock_wait", "alarm_email", "project_map"} <= set(kept)


@pytest.fixture
def for_oneself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A checkout and a layer as they are made with a umask of 077, which holds for the synth as well."""
    checkout = tmp_path / "checkout"
    for package in assets.PACKAGES:
        shutil.copytree(ROOT / package, checkout / package)
    (checkout / "layer/python").mkdir(parents=True)
    (checkout / "layer/python/requests.py").touch()
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    monkeypatch.setattr(assets, "PROJECT_ROOT", checkout)
    monkeypatch.setattr(assets, "LAYER_FOLDER", checkout / "layer")
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("for_oneself")
def test_whatever_the_umask_is_lambda_can_read_what_is_uploaded(tmp_path: Path) -> None:
    stack = synthesise(tmp_path / "cdk.out", {})

    uploaded = [path for asset in stack.folder.glob("asset.*") for path in (asset, *asset.rglob("*"))]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in uploaded}
    assert modes == {(True, 0o755), (False, 0o644)}


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
    code = code_of(default)

    shipped = {path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file()}

    expected = {
        path.relative_to(ROOT).as_posix() for top in ("contract", "functions") for path in (ROOT / top).rglob("*.py")
    }
    assert shipped == expected | {"variables.json"}
    assert len(zipped(default)) == 2


def test_the_layer_says_what_it_was_made_of(default: Synthesis) -> None:
    [layer] = [folder for folder in zipped(default) if (folder / "python").is_dir()]

    assert (layer / "requirements-lambda.txt").read_bytes() == (ROOT / "requirements-lambda.txt").read_bytes()
