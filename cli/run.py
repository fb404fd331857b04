"""The state machine on this machine, against your own Toggl and GitLab: a dry run, unless --apply is given.

The tokens and the settings come from the environment or from `.env`, see `.env.example`. The tokens go into the local
Secrets Manager, which is in memory and gone afterwards, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from cli.deployment.local import deploy, execute, keep_running, set_tokens, ways_to_look_around
from cli.executions.local_run import Prepared, announcement, prepare
from cli.executions.rows import with_rows
from cli.executions.summary import show
from cli.settings.environment_file import SetupProblem
from cli.settings.own import ENVIRONMENT_FILE, take_own
from cli.settings.way_out import way_out
from cli.terminal.arguments import add_days, days_in, pairs_in
from cli.terminal.console import Steps, console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK
from cli.terminal.interruption import orderly_end
from cli.terminal.temporary_folder import own_temporary_folder
from cli.terminal.text import printable
from contract.errors import SetupError
from local.aws.errors import LocalAwsError
from local.aws.server import LocalAws


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(prog="python -m cli.run", description=(__doc__ or "").partition("\n\n")[0])
    described.add_argument(
        "--apply", action="store_true", help="write to GitLab; without it, only show what would be written"
    )
    add_days(described)
    described.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting, see docs/settings.md; repeatable"
    )
    described.add_argument("--json", action="store_true", help="print the run's output as JSON and nothing else")
    described.add_argument("--keep", action="store_true", help="leave the local AWS running afterwards, to look around")
    return described


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    now = datetime.now(UTC)
    try:
        prepared = prepare(
            take_own(os.environ, ENVIRONMENT_FILE),
            run_input=days_in(options),
            overrides=dict(pairs_in(options.set)),
            apply=options.apply,
            now=now,
        )
    except (SetupProblem, SetupError) as problem:
        print(problem, file=sys.stderr)
        return FAILED
    console = console_on(quiet=options.json)
    try:
        with orderly_end(), own_temporary_folder():
            return _run(prepared, console, now, as_json=options.json, keep=options.keep)
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped. Run it again when you like: it posts only what is missing.", file=sys.stderr)
        return INTERRUPTED


def _run(prepared: Prepared, console: Console, now: datetime, *, as_json: bool, keep: bool) -> int:
    steps = Steps(console)
    steps.say(announcement(prepared, now))
    with LocalAws(wait_scale=1, way_out=way_out(os.environ)) as aws:
        with steps.during("deploying to a local AWS"):
            outputs = deploy(aws, prepared.context)
            environment = prepared.settings.environment
            set_tokens(aws, environment, toggl=prepared.toggl_token, gitlab=prepared.gitlab_token)
        steps.say("running")
        ended = execute(aws, outputs["StateMachineArn"], prepared.run_input, console)
        ended = with_rows(ended, aws.client("s3"))  # their bucket goes with this AWS
        show(ended, console)
        if as_json and ended.output is not None:
            print(json.dumps(ended.output, indent=2))
        if as_json and not ended.succeeded:
            print(f"{ended.status}: {ended.error}: {printable(ended.message or '', 2_000)}", file=sys.stderr)
        if keep:
            keep_running(console, ways_to_look_around(aws, outputs))
    return OK if ended.succeeded else FAILED


if __name__ == "__main__":
    sys.exit(main())
