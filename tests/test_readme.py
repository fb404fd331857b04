"""The README and docs/ say what the code does, and every command, option, name and link in them is there."""

from __future__ import annotations

import importlib
import io
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from contract import metrics, names
from contract.errors import ENTRIES_FAILED, PASSING_ERRORS, SETUP_ERRORS, WAIT_ERRORS
from contract.errors import names as error_names
from contract.settings import Settings
from functions.fetch.window import resolve
from tools.tables import README, made_tables, with_table

ROOT = Path(__file__).parent.parent
DOCUMENTS = (README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
ALL_DAYS_OVER = datetime(2027, 1, 1, tzinfo=UTC)
"""After every day that an example names."""

# The README's tables.


@pytest.mark.parametrize("name", made_tables())
def test_a_table_is_made_from_the_code(name: str) -> None:
    text = README.read_text(encoding="utf-8")
    made = made_tables()[name]

    assert made in text
    assert with_table(text, name, made) == text


def test_the_table_of_errors_names_exactly_the_errors_that_end_a_run() -> None:
    assert first_column("errors") == {
        *error_names(SETUP_ERRORS),
        *error_names(WAIT_ERRORS),
        *error_names(PASSING_ERRORS),
        ENTRIES_FAILED,
    }


def test_the_table_of_alarms_names_exactly_those_of_the_runbook() -> None:
    """That the runbook has a section for each alarm and for nothing else is tested with the stack."""
    sections = re.findall(r"^## (.+)$", (ROOT / names.RUNBOOK).read_text(encoding="utf-8"), re.MULTILINE)

    assert first_column("alarms") == set(sections)


def test_the_table_of_metrics_names_exactly_those_that_are_emitted() -> None:
    assert first_column("metrics") == set(metrics.UNITS)


def first_column(table: str) -> set[str]:
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {table} -->\n(.*?)<!-- /{table} -->", text, re.DOTALL)
    assert found is not None
    cells = [line.split("|")[1] for line in found[1].splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([A-Za-z_-]+)`", cell)}


# What can be typed.


@dataclass(frozen=True)
class Command:
    """A command line. name: `cli.start`, `deploy.sh`, `make demo`, `cdk deploy` or `aws lambda invoke`."""

    name: str
    words: tuple[str, ...] = ()

    @property
    def options(self) -> set[str]:
        return {word.split("=")[0] for word in self.words if re.match(r"--?[a-z]", word)}


@dataclass(frozen=True)
class Section:
    """What stands under one heading. code: each line of its code, each `inline` code."""

    place: str
    code: tuple[str, ...]

    @property
    def commands(self) -> list[Command]:
        return [command for line in self.code for command in commands_in(line)]

    @property
    def loose_options(self) -> set[str]:
        """Options that are named without their command, alone or as a target's `ARGS`."""
        loose = [line for line in self.code if line.startswith(("-", "ARGS="))]
        return {option for line in loose for option in re.findall(r"--[a-z][a-z-]*", line)}


def sections() -> Iterator[Section]:
    for document in DOCUMENTS:
        for part in re.split(r"^## ", document.read_text(encoding="utf-8"), flags=re.MULTILINE):
            yield Section(f"{document.name}: {part.splitlines()[0]}", tuple(code_in(part)))


def code_in(text: str) -> Iterator[str]:
    fence, indented = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL), r"(?:^ {4}.*\n?)+"
    blocks = [found[1] for found in fence.finditer(text)]
    prose = fence.sub("", text)
    blocks += re.findall(indented, prose, re.MULTILINE)
    for block in blocks:
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield re.sub(r"\s{2,}# .*", "", line).strip()
    for inline in re.findall(r"`([^`]+)`", re.sub(indented, "", prose, flags=re.MULTILINE)):
        yield " ".join(inline.split())


def commands_in(line: str) -> Iterator[Command]:
    """The commands of one line of code; of `./deploy.sh ... -- ...` two, since the second part is the CDK's."""
    for part in re.split(r" && | \| | > ", line):
        if found := re.search(r"\b(cli(?:\.[a-z_]+)+)(.*)", part):
            yield Command(found[1], words_of(found[2]))
        elif found := re.search(r"\./((?:deploy|destroy)\.sh)(.*)", part):
            own, _, handed_on = found[2].partition(" -- ")
            yield Command(found[1], words_of(own))
            if handed_on:
                yield Command("cdk deploy", words_of(handed_on))
        elif (found := re.match(r"-- (--.*)", part)) or (found := re.match(r"(?:npx )?cdk deploy(.*)", part)):
            yield Command("cdk deploy", words_of(found[1]))
        elif found := re.match(r"make ([a-z]+)(?: ARGS=(.*))?", part):
            yield Command(f"make {found[1]}", tuple(shlex.split(" ".join(shlex.split(found[2] or "")))))
        elif found := re.search(r"\baws ([a-z]+ [a-z-]+)(.*)", part):
            yield Command(f"aws {found[1]}", words_of(found[2]))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(shlex.split(text))


def commands(prefix: str) -> list[Command]:
    found = [command for section in sections() for command in section.commands if command.name.startswith(prefix)]
    assert found
    return found


def targets() -> dict[str, str]:
    """Each target of the Makefile with its recipe."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]+):.*\n((?:\t.*\n)*)", text, re.MULTILINE))


@cache
def options_of(name: str) -> frozenset[str]:
    """The options that a command has, by its own help."""
    if name.startswith("make "):
        module = re.search(r"-m ([a-z.]+) .*\$\(ARGS\)", targets().get(name.removeprefix("make "), ""))
        return frozenset() if module is None else options_of(module[1])
    if name.startswith("aws "):
        return options_of_aws(*name.split()[1:])
    told = {"cdk deploy": ["node_modules/.bin/cdk", "deploy", "--help"]}.get(name, ["bash", name, "--help"])
    text = help_of_module(name) if "." in name and not name.endswith(".sh") else help_of_program(told)
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text))


def help_of_module(name: str) -> str:
    with redirect_stdout(io.StringIO()) as out, suppress(SystemExit):
        importlib.import_module(name).main(["--help"])
    return out.getvalue()


def help_of_program(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_every_module_that_is_named_has_a_main() -> None:
    modules = {command.name for command in commands("cli.")}

    assert {name for name in modules if not callable(getattr(importlib.import_module(name), "main", None))} == set()


@pytest.mark.parametrize("prefix", ["cli.", "deploy.sh", "destroy.sh", "cdk deploy", "make "])
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


# The AWS CLI, by the services' own descriptions in botocore.

OF_EVERY_AWS_COMMAND = {"--region", "--query", "--output", "--max-items"}
OF_THE_CLI_ITSELF = {"logs tail": {"--follow", "--since"}}
"""What only the CLI has: the AWS CLI reference, version 2."""


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


# What is given to a command.


def every_line() -> list[str]:
    return [line for section in sections() for line in section.code]


def test_every_setting_of_an_example_is_allowed() -> None:
    given = [found for line in every_line() for found in re.findall(r"-c ([a-z_]+)=('[^']*'|[^\s.]+(?:\.\w+)*)", line)]
    given.remove(("key", "value"))

    assert {"timezone", "alarm_email", "project_map"} <= {key for key, _ in given}
    for key, value in given:
        Settings.from_context({key: value.strip("'")})


def test_every_schedule_of_an_example_is_allowed() -> None:
    schedules = set(re.findall(r"(?:cron|rate)\([^().]+\)", "\n".join(every_line())))

    assert len(schedules) > 4
    for schedule in schedules:
        Settings.from_context({"schedule": schedule})


def test_every_run_input_of_an_example_is_accepted() -> None:
    written = [line for line in every_line() if re.fullmatch(r'\{"[a-z_]+": \S+.*\}', line)]
    starts = commands("aws stepfunctions start-execution")
    written += [command.words[command.words.index("--input") + 1] for command in starts]
    inputs = [one for one in map(json.loads, written) if names.TOKEN_KEY not in one]

    assert len(inputs) > 6
    for one in inputs:
        resolve(one, Settings(), ALL_DAYS_OVER)


def test_every_override_of_an_example_is_allowed() -> None:
    given = [found for line in every_line() for found in re.findall(r"--set ([a-z_]+)=(\S+)", line)]

    assert len(given) > 2
    for key, value in given:
        Settings().overridden({key: value})


# Names and links.


def test_every_resource_that_is_named_has_the_name_that_it_is_deployed_with() -> None:
    stem = rf"(?:/[a-z]+)*/?{names.PRODUCT}[-/](?:prod|staging)"
    named = set(re.findall(rf"{stem}(?:[a-z/-]*[a-z])?", "\n".join(every_line())))
    deployed = {
        name
        for environment in ("prod", "staging")
        for name in (
            names.state_machine(environment),
            names.undelivered_queue(environment),
            names.toggl_secret(environment),
            names.gitlab_secret(environment),
            names.state_machine_log_group(environment),
            *(names.function(environment, role) for role in names.ROLES),
            *(names.function_log_group(environment, role) for role in names.ROLES),
        )
    }

    assert len(named) > 6
    assert named - deployed == set()


def test_every_file_that_is_named_is_there() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {
        line for line in every_line() if re.fullmatch(r"[a-z]+/[A-Za-z_./-]*", line) and line.split("/")[0] in folders
    }

    assert len(named) > 10
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_link_leads_to_a_file_and_a_heading_that_are_there() -> None:
    links = [(document, target) for document in DOCUMENTS for target in links_in(document)]

    assert links
    assert [f"{document.name}: {target}" for document, target in links if not leads_somewhere(document, target)] == []


def links_in(document: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    return [target for target in targets if not target.startswith("https://")]


def leads_somewhere(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = document.parent / path if path else document
    return there.exists() and (not anchor or anchor in anchors_of(there))


def anchors_of(document: Path) -> set[str]:
    """As GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
