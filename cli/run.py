"""The state machine on this machine, against your own Toggl and GitLab: a dry run, unless --apply is given.

The tokens and the settings come from the environment or from `.env`, see `.env.example`. The tokens go into the local
Secrets Manager, which is in memory and gone afterwards, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.terminal.console import (
    INTERRUPTED_EXIT_CODE,
    Steps,
    console_on,
    local_time,
    orderly_end,
    own_temporary_folder,
    printable,
    wait_for_interrupt,
)
from cli.watch import Ended, Rows, follow, show
from contract import names
from contract.errors import SetupError
from contract.settings import Settings, table
from functions.fetch.window import resolve
from functions.shared.handover.files import FETCHED
from local.aws.cdk import PROJECT_ROOT
from local.aws.errors import LocalAwsError
from local.aws.server import LocalAws

TOGGL_TOKEN = "TOGGL_API_TOKEN"  # noqa: S105 - a variable's name
GITLAB_TOKEN = "GITLAB_API_TOKEN"  # noqa: S105 - a variable's name
TOKENS = (TOGGL_TOKEN, GITLAB_TOKEN)
ENVIRONMENT_FILE = PROJECT_ROOT / ".env"

SETTINGS_BY_VARIABLE = {row["env"]: row["key"] for row in table() if row["env"]}
NOT_TO_SET = {
    "account": "the local AWS has one of its own",
    "region": "the local AWS has one of its own",
    "schedule": "nothing runs here by itself",
    "alarm_email": "nobody gets an alarm from here",
    "dry_run": "a run here is a dry run unless you give --apply",
}
"""The settings that a local run decides itself, and why."""

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_SINGLE_QUOTED = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"\s*(?:#.*)?')


class SetupProblem(Exception):
    """Something that the user has to set right first; the message says what, on one line."""


@dataclass(frozen=True)
class Prepared:
    """A run that may start: everything in it is checked. `context` are the settings as the CDK takes them."""

    settings: Settings
    context: Mapping[str, str]
    run_input: Mapping[str, str]
    apply: bool
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"Prepared({self.settings.environment}, apply={self.apply})"  # a traceback shows no token


def parse_environment_file(text: str, name: str = ".env") -> dict[str, str]:
    r"""The `KEY=value` lines of a `.env` file.

    Values may be quoted, with ' as they are, with " with \" and \\ in them; unquoted ones end before ` #`. Raises
    SetupProblem, with the line's number but never its value, for what is no such line and for unknown or repeated keys.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise SetupProblem(f"{name}, line {number}: this is no KEY=value line. Comments begin with #.")
        key = match[1]
        if key not in TOKENS and key not in SETTINGS_BY_VARIABLE:
            known = ", ".join([*TOKENS, *SETTINGS_BY_VARIABLE])
            raise SetupProblem(f"{name}, line {number}: {printable(key, 60)} is not known. Known are: {known}.")
        if key in values:
            raise SetupProblem(f"{name}, line {number}: {key} is given a second time. Keep one of them.")
        values[key] = _value_of(match[2], f"{name}, line {number}: {key}")
    return values


def _value_of(text: str, where: str) -> str:
    if text.startswith("'") and (match := _SINGLE_QUOTED.fullmatch(text)):
        return match[1]
    if text.startswith('"') and (match := _DOUBLE_QUOTED.fullmatch(text)):
        return re.sub(r"\\(.)", r"\1", match[1])
    if text.startswith(("'", '"')):
        raise SetupProblem(f"{where} has a quote that is not closed, or something after the closing one.")
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()


def prepare(options: argparse.Namespace, variables: MutableMapping[str, str], file: Path, now: datetime) -> Prepared:
    """Check everything that can be checked before something starts.

    The tokens are taken out of `variables`, so that no child process gets them. Raises SetupProblem and SetupError.
    """
    given = parse_environment_file(file.read_text(encoding="utf-8"), file.name) if file.is_file() else {}
    given |= {key: variables[key] for key in (*TOKENS, *SETTINGS_BY_VARIABLE) if key in variables}
    for name in TOKENS:
        variables.pop(name, None)
    tokens = [_token(name, given.pop(name, ""), file.name) for name in TOKENS]
    wants_dry_run = Settings.from_environment(given).dry_run and "DRY_RUN" in given
    if wants_dry_run and options.apply:
        raise SetupProblem("DRY_RUN is true, but --apply asks to write. Take away one of them.")
    context = {SETTINGS_BY_VARIABLE[name]: value for name, value in given.items()}
    context |= _settings_in(options.set)
    # The local AWS has a scheduler too: while --keep leaves it running, no run may start by itself.
    context |= {"schedule": "off", "dry_run": "false" if options.apply else "true"}
    settings = Settings.from_context(context)
    run_input = {
        key: value for key in ("start_date", "end_date", "days_back") if (value := getattr(options, key)) is not None
    }
    resolve(run_input, settings, now)
    return Prepared(settings, context, run_input, options.apply, *tokens)


def _token(name: str, value: str, file: str) -> str:
    token = value.strip()
    if not token or names.TOKEN_PLACEHOLDER in token:
        raise SetupProblem(f"{name} is missing. Put it into {file} (cp .env.example {file}), or into the environment.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SetupProblem(f"{name} is no API token: it has spaces or characters that no token has.")
    return token


def _settings_in(pairs: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise SetupProblem(f"--set takes key=value, like --set days_back=7, but got: {printable(pair, 80)}")
        if key in NOT_TO_SET:
            raise SetupProblem(f"{key} cannot be set here: {NOT_TO_SET[key]}.")
        values[key] = value
    return values


def deploy(aws: LocalAws, context: Mapping[str, str]) -> dict[str, str]:
    """Deploy the unmodified app and return its outputs; the bootstrap goes on beside the longer synth.

    Raises LocalAwsError.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="cdk-bootstrap")
    try:
        bootstrap = pool.submit(aws.bootstrap)
        assembly = aws.synth(context)
        bootstrap.result()
    finally:
        pool.shutdown(wait=False)  # after an error or Ctrl-C, stopping the local AWS is what ends it
    return aws.deploy(context, app=str(assembly))


def set_tokens(aws: LocalAws, environment: str, *, toggl: str, gitlab: str) -> None:
    """Put both API tokens where the functions look for them."""
    secrets = aws.client("secretsmanager")
    for name, token in ((names.toggl_secret(environment), toggl), (names.gitlab_secret(environment), gitlab)):
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps({names.TOKEN_KEY: token}))


def execute(aws: LocalAws, state_machine_arn: str, run_input: Mapping[str, Any], console: Console) -> Ended:
    """Start a run and show it until it ends."""
    states = aws.client("stepfunctions")
    started = states.start_execution(stateMachineArn=state_machine_arn, input=json.dumps(run_input))
    return follow(states, started["executionArn"], console)


def with_rows(ended: Ended, aws: LocalAws) -> Ended:
    """A large run's end with its rows and descriptions, as a small one's: their bucket is gone with this AWS."""
    if ended.output is None or ended.rows is None:
        return ended
    s3 = aws.client("s3")
    descriptions = dict(ended.descriptions)
    with suppress(s3.exceptions.NoSuchKey):  # fewer entries than writes: they were not handed over
        for entry in _json_lines(s3, ended.rows, f"{ended.rows.key.rpartition('/')[0]}/{FETCHED}"):
            descriptions[entry["id"]] = entry["description"] or "(no description)"
    rows = list(_json_lines(s3, ended.rows, ended.rows.key))
    return replace(ended, output=ended.output | {"entries": rows}, descriptions=descriptions, rows=None)


def _json_lines(s3: Any, rows: Rows, key: str) -> Iterator[Any]:
    body = s3.get_object(Bucket=rows.bucket, Key=key)["Body"]
    return map(json.loads, body.iter_lines())


def ways_to_look_around(aws: LocalAws, outputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Commands for a second terminal while the local AWS is running: (what for, command)."""
    machine = outputs["StateMachineArn"]
    executions = aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    newest = executions[0]["executionArn"] if executions else "EXECUTION-ARN"
    variables = " ".join(f"{name}='{value}'" for name, value in aws.environment().items())
    python = (
        f"import boto3; print(boto3.client('stepfunctions').list_executions(stateMachineArn='{machine}')['executions'])"
    )
    log = f"/aws/lambda/{outputs['PostFunctionName']}"
    return [
        ("first, so that commands talk to this AWS only", f"unset AWS_PROFILE AWS_SESSION_TOKEN; export {variables}"),
        ("the runs", f"aws stepfunctions list-executions --state-machine-arn {machine}"),
        ("the last run's history", f"aws stepfunctions get-execution-history --execution-arn {newest}"),
        (
            "another run",
            f"aws stepfunctions start-execution --state-machine-arn {machine} --input '{{\"days_back\": 3}}'",
        ),
        ("the logs, with the AWS CLI 2", f"aws logs tail {log}"),
        ("the logs, with any AWS CLI", f"aws logs filter-log-events --log-group-name {log}"),
        ("without the AWS CLI (pip install awscli)", f'.venv/bin/python -c "{python}"'),
        ("watch a run", f".venv/bin/python -m cli.start --watch {newest}"),
    ]


def keep_running(console: Console, commands: Sequence[tuple[str, str]]) -> None:
    """Print the commands and wait for Ctrl-C."""
    console.print("\nEverything is still running. In another terminal, in this folder:\n")
    for purpose, command in commands:
        console.print(f"# {purpose}", style="dim")
        console.print(command, soft_wrap=True)
    console.print("\nCtrl-C here stops it all.")
    with suppress(KeyboardInterrupt):  # it is how this is meant to end
        wait_for_interrupt()


def announcement(prepared: Prepared, now: datetime) -> str:
    """What the run reads and writes, in a line."""
    settings = prepared.settings
    window = resolve(prepared.run_input, settings, now).window
    span = " to ".join(local_time(instant.isoformat(), settings.timezone) for instant in (window.start, window.end))
    what = f"time tracked at {settings.toggl_url} from {span} ({settings.timezone})"
    where = f"{settings.gitlab_url} (default project {settings.gitlab_project_id})"
    if prepared.apply:
        return f"This writes: {what} goes onto the issues at {where}, as your token's user."
    return f"Dry run: reads {what}, and {where}; writes nothing. With --apply it writes."


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="python -m cli.run", description=(__doc__ or "").partition("\n\n")[0])
    described.add_argument(
        "--apply", action="store_true", help="write to GitLab; without it, only show what would be written"
    )
    described.add_argument("--start-date", metavar="DAY", help="the first day, YYYY-MM-DD")
    described.add_argument("--end-date", metavar="DAY", help="the last day, YYYY-MM-DD; today by default")
    described.add_argument("--days-back", metavar="N", help="instead of dates: today and N whole days before")
    described.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the README's table; repeatable"
    )
    described.add_argument("--json", action="store_true", help="print the run's output as JSON and nothing else")
    described.add_argument("--keep", action="store_true", help="leave the local AWS running afterwards, to look around")
    return described


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    now = datetime.now(UTC)
    try:
        prepared = prepare(options, os.environ, ENVIRONMENT_FILE, now)
    except (SetupProblem, SetupError) as problem:
        print(problem, file=sys.stderr)
        return 1
    console = console_on(quiet=options.json)
    try:
        with orderly_end(), own_temporary_folder():
            return _run(prepared, console, now, as_json=options.json, keep=options.keep)
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run it again when you like: it posts only what is missing.", file=sys.stderr)
        return INTERRUPTED_EXIT_CODE


def _run(prepared: Prepared, console: Console, now: datetime, *, as_json: bool, keep: bool) -> int:
    steps = Steps(console)
    steps.say(announcement(prepared, now))
    with LocalAws(wait_scale=1) as aws:
        with steps.during("deploying to a local AWS"):
            outputs = deploy(aws, prepared.context)
            environment = prepared.settings.environment
            set_tokens(aws, environment, toggl=prepared.toggl_token, gitlab=prepared.gitlab_token)
        steps.say("running")
        ended = with_rows(execute(aws, outputs["StateMachineArn"], prepared.run_input, console), aws)
        show(ended, console)
        if as_json and ended.output is not None:
            print(json.dumps(ended.output, indent=2))
        if as_json and not ended.succeeded:
            print(f"{ended.status}: {ended.error}: {printable(ended.message or '', 2_000)}", file=sys.stderr)
        if keep:
            keep_running(console, ways_to_look_around(aws, outputs))
    return 0 if ended.succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
