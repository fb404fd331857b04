"""Every command, option and target in the documents exists, by its own help."""

from __future__ import annotations

import importlib
import io
import re
import subprocess
from contextlib import redirect_stdout, suppress
from functools import cache
from typing import Any

import botocore.session
import click
import pytest
import yaml
from botocore import xform_name

from cli.tgs import SUBCOMMANDS, tgs
from tests.documents.support import ROOT, commands, sections, targets

SCRIPTS = {"deploy.sh": "deploy", "destroy.sh": "destroy"}
"""The scripts that are a subcommand."""

OF_A_TARGET = {"run": frozenset({"--apply"})}
"""What the Makefile itself takes out of `ARGS`."""

BY_A_TARGET = {"demo", "cost"}
"""What the documents call by its make target."""

OF_EVERY_AWS_COMMAND = {"--region", "--query", "--output", "--max-items"}
OF_THE_CLI_ITSELF = {"logs tail": {"--follow", "--since"}}
"""What only the CLI has: the AWS CLI reference, version 2. The rest is known from the services' own descriptions."""


@cache
def options_of(name: str) -> frozenset[str]:
    """The options that a command has, by its own help."""
    program, _, rest = name.partition(" ")
    if program == "make":
        return options_of_target(rest)
    if program == "aws":
        return options_of_aws(*rest.split())
    if program == "tgs":
        return options_of_tgs(rest) if rest else frozenset.union(*map(options_of_tgs, SUBCOMMANDS))
    if program in SCRIPTS:
        return options_of_tgs(SCRIPTS[program])
    return options_in(help_of_program(["node_modules/.bin/cdk", *rest.split(), "--help"]))


def options_of_target(target: str) -> frozenset[str]:
    """Those of what it calls with `ARGS`."""
    recipe = targets().get(target, "")
    if called := re.search(r"\./tgs ([a-z]+) .*ARGS", recipe):
        return options_of_tgs(called[1]) | OF_A_TARGET.get(target, frozenset())
    module = re.search(r"-m ([a-z.]+) .*ARGS", recipe)
    return frozenset() if module is None else options_in(help_of_module(module[1]))


def options_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def help_of_module(name: str) -> str:
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):  # a package runs its __main__
        module = importlib.import_module(f"{name}.__main__")
    with redirect_stdout(io.StringIO()) as out, suppress(SystemExit):
        module.main(["--help"])
    return out.getvalue()


def options_of_tgs(subcommand: str) -> frozenset[str]:
    found = tgs.get_command(click.Context(tgs), subcommand)
    assert found is not None, subcommand
    options = {option for parameter in found.params for option in parameter.opts if option.startswith("-")}
    return frozenset({*options, "-h", "--help"})


def help_of_program(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_subcommand_that_is_named_exists() -> None:
    named = {command.name.removeprefix("tgs ") for command in commands("tgs ")}

    assert named <= set(SUBCOMMANDS)


def test_every_subcommand_is_named_in_the_documents() -> None:
    assert {command.name.removeprefix("tgs ") for command in commands("tgs ")} >= set(SUBCOMMANDS) - BY_A_TARGET


@pytest.mark.parametrize("prefix", ["tgs ", "deploy.sh", "destroy.sh", "cdk deploy", "make "])
def test_every_option_of_a_command_exists(prefix: str) -> None:
    given = [(command.name, option) for command in commands(prefix) for option in command.options]

    assert given
    assert [(name, option) for name, option in given if option not in options_of(name)] == []


def test_every_option_that_stands_alone_belongs_to_a_command_of_its_section() -> None:
    unknown = {
        section.place: section.loose_options - {one for named in section.commands for one in options_of(named.name)}
        for section in sections()
        if section.loose_options
    }

    assert unknown
    assert {place: options for place, options in unknown.items() if options} == {}


def test_every_make_target_that_is_named_exists() -> None:
    assert {command.name for command in commands("make ")} <= {f"make {target}" for target in targets()}


def test_the_pipeline_calls_targets_that_exist() -> None:
    jobs = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    called = {job["script"] for job in jobs.values() if "script" in job}

    assert {"make check", "make test"} <= called <= {f"make {target}" for target in targets()}


def test_the_hooks_run_the_pinned_tools() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    programs = [hook["entry"].split()[0] for repo in config["repos"] for hook in repo["hooks"]]

    assert set(programs) == {".venv/bin/ruff", ".venv/bin/mypy"}


@cache
def model_of(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def inputs_of(service: str, operation: str) -> Any:
    found = {xform_name(name, "-"): name for name in model_of(service).operation_names}
    assert operation in found, f"aws {service} {operation}"
    return model_of(service).operation_model(found[operation]).input_shape


def options_of_aws(service: str, operation: str) -> frozenset[str]:
    own = OF_THE_CLI_ITSELF.get(f"{service} {operation}")
    if own is not None:
        return frozenset(own | OF_EVERY_AWS_COMMAND)
    if operation == "wait":
        return frozenset({"--function-name", *OF_EVERY_AWS_COMMAND})
    members = inputs_of(service, operation).members
    return frozenset({f"--{xform_name(name, '-')}" for name in members} | OF_EVERY_AWS_COMMAND)


def test_every_aws_command_exists_and_has_all_that_it_needs_and_its_region() -> None:
    for command in commands("aws "):
        service, operation = command.name.split()[1:]
        if not command.words or f"{service} {operation}" in OF_THE_CLI_ITSELF:
            assert options_of(command.name)
            continue
        if operation == "wait":
            waiters = botocore.session.get_session().get_waiter_model(service).waiter_names
            assert command.words[0] in {xform_name(name, "-") for name in waiters}
            needed = set()
        else:
            needed = {f"--{xform_name(name, '-')}" for name in inputs_of(service, operation).required_members}
        assert needed | {"--region"} <= command.options, command
        assert command.options <= options_of(command.name), command
