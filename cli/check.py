"""Checks whether a deployment can do its work, and says what to fix: `python -m cli.check --environment prod`.

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

from cli.deployment.deployment import Deployment
from cli.doctor.examination import LOOKS, examine
from cli.doctor.findings import Facts, Finding, Level
from cli.terminal.arguments import add_deployment
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, OK, Unusable, exit_code_of
from cli.terminal.text import safe
from contract.errors import InvalidSettings
from contract.settings import Settings

CREDENTIALS = "AWS credentials"

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


def _check(options: argparse.Namespace) -> int:
    console = console_on(quiet=options.json)
    findings: list[Finding] = []
    about: dict[str, Any] = {"environment": options.environment, "region": options.region, "account": None}
    for finding in _findings(options, about):
        findings.append(finding)
        console.print(line_of(finding))
    counts = {level: sum(one.level == level for one in findings) for level in ("problem", "warning")}
    if options.json:
        counted = {"problems": counts["problem"], "warnings": counts["warning"]}
        print(json.dumps(about | counted | {"findings": [one.to_json() for one in findings]}, indent=2))
    _conclude(counts["problem"], counts["warning"], console)
    return FAILED if counts["problem"] else OK


def _findings(options: argparse.Namespace, about: dict[str, Any]) -> Iterable[Finding]:
    """All findings, one after the other; `about` gets what is known of where they are."""
    try:
        deployment = Deployment.find(options.environment, options.region)
    except Unusable as problem:
        yield Finding(CREDENTIALS, "problem", str(problem))
        return
    about |= {"region": deployment.region, "account": deployment.account}
    where = f"account {deployment.account}, {deployment.region}, as {deployment.identity}"
    yield Finding(CREDENTIALS, "ok", where)
    yield from examine(Facts(deployment, datetime.now(UTC)))


def _conclude(problems: int, warnings: int, console: Console) -> None:
    counted = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((problems, "problem"), (warnings, "warning")) if n]
    console.print()
    console.print(
        Text(", ".join(counted) or "Nothing to fix.", "red" if problems else "yellow" if warnings else "green")
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cli.check",
        description="Check whether a deployment can do its work, and say what to fix. It writes nothing.",
        epilog="Exit codes: 0 no problem, 1 at least one problem, 2 wrong arguments, 130 Ctrl-C.",
    )
    add_deployment(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    options = parser.parse_args(arguments)
    try:
        given = {key: value for key in ("environment", "region") if (value := getattr(options, key)) is not None}
        options.environment = Settings.from_context(given).environment
    except InvalidSettings as error:
        parser.error(error.message)
    return exit_code_of(lambda: _check(options))


if __name__ == "__main__":
    sys.exit(main())
