"""Looks whether a deployment can do its work, and says what to mend: `python -m cli.check --environment prod`.

It tries the credentials, what is deployed, the tokens, the rights, the projects, the quota, the clocks, the schedule,
the runs and the mail. It writes nothing, and spends one or two of Toggl's thirty requests an hour.

Exit codes: 0 no problem (warnings are none), 1 at least one problem, 2 wrong arguments, 130 interrupted.

With --json, standard output is one object:

    {"environment", "region", "account": digits or null, "problems": number, "warnings": number,
     "findings": [{"check", "level": "ok" | "warning" | "problem" | "skipped", "message"}]}
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.deployment.place import FAILED, OK, Deployment, Unusable, add_arguments, exit_code_of
from cli.doctor import deployed, services
from cli.doctor.findings import Facts, Finding, Level, Look, examine
from cli.terminal.console import console_on, safe
from contract.errors import InvalidSettings
from contract.settings import Settings

CREDENTIALS = "AWS credentials"
LOOKS: tuple[tuple[str, Look], ...] = (
    ("stack", deployed.look_at_stack),
    ("state machine", deployed.look_at_state_machine),
    ("settings", deployed.look_at_settings),
    ("Toggl secret", deployed.look_at_toggl_secret),
    ("GitLab secret", deployed.look_at_gitlab_secret),
    ("Toggl token", services.look_at_toggl_token),
    ("Toggl clock", services.look_at_toggl_clock),
    ("Toggl workspace", services.look_at_toggl_workspace),
    ("GitLab token", services.look_at_gitlab_token),
    ("GitLab clock", services.look_at_gitlab_clock),
    ("GitLab version", services.look_at_gitlab_version),
    ("GitLab projects", services.look_at_gitlab_projects),
    ("GitLab user", services.look_at_gitlab_user),
    ("schedule", deployed.look_at_schedule),
    ("last run", deployed.look_at_last_run),
    ("last success", deployed.look_at_last_success),
    ("lock", deployed.look_at_lock),
    ("mail", deployed.look_at_mail),
    ("alarms", deployed.look_at_alarms),
)

_SIGNS: dict[Level, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "problem": ("✗", "red"),
    "skipped": ("·", "dim"),
}
_COLUMN = max(len(check) for check, _look in LOOKS)


def line_of(finding: Finding) -> Table:
    """A finding as a person reads it; what came from outside is harmless."""
    sign, style = _SIGNS[finding.level]
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=1)
    line.add_column(width=7)
    line.add_column(width=_COLUMN)
    line.add_column()
    line.add_row(Text(sign, style), Text(finding.level, style), Text(finding.check), safe(finding.message, "", 1_500))
    return line


def _look(options: argparse.Namespace) -> int:
    console = console_on(quiet=options.json)
    findings: list[Finding] = []
    place: dict[str, Any] = {"environment": options.environment, "region": options.region, "account": None}
    for finding in _findings(options, place):
        findings.append(finding)
        console.print(line_of(finding))
    counts = {level: sum(one.level == level for one in findings) for level in ("problem", "warning")}
    if options.json:
        counted = {"problems": counts["problem"], "warnings": counts["warning"]}
        print(json.dumps(place | counted | {"findings": [one.to_json() for one in findings]}, indent=2))
    _conclude(counts["problem"], counts["warning"], console)
    return FAILED if counts["problem"] else OK


def _findings(options: argparse.Namespace, place: dict[str, Any]) -> Iterable[Finding]:
    """All findings, one after the other; `place` gets what is known of where they are."""
    try:
        deployment = Deployment.find(options.environment, options.region)
    except Unusable as problem:
        yield Finding(CREDENTIALS, "problem", str(problem))
        return
    place |= {"region": deployment.region, "account": deployment.account}
    where = f"account {deployment.account}, {deployment.region}, as {deployment.identity}"
    yield Finding(CREDENTIALS, "ok", where)
    yield from examine(Facts(deployment, datetime.now(UTC)), LOOKS)


def _conclude(problems: int, warnings: int, console: Console) -> None:
    counted = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((problems, "problem"), (warnings, "warning")) if n]
    console.print()
    console.print(
        Text(", ".join(counted) or "Nothing to mend.", "red" if problems else "yellow" if warnings else "green")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cli.check",
        description="Look whether a deployment can do its work, and say what to mend. It writes nothing.",
        epilog="Exit codes: 0 no problem, 1 at least one problem, 2 wrong arguments, 130 Ctrl-C.",
    )
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    try:
        given = {key: value for key in ("environment", "region") if (value := getattr(options, key)) is not None}
        options.environment = Settings.from_context(given).environment
    except InvalidSettings as error:
        parser.error(error.message)
    return exit_code_of(lambda: _look(options))


if __name__ == "__main__":
    sys.exit(main())
