"""`tgs check`: whether a deployment can do its work, and what to fix.

It tries the credentials, what is deployed, the tokens, the rights, the projects, the quota, the clocks, the schedule,
the runs and the mail. JSON of it:

    {"environment", "region", "account": digits or null, "problems": number, "warnings": number,
     "findings": [{"check", "level": "ok" | "warning" | "problem" | "skipped", "message"}]}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.deployment.aws import AWS_ERRORS
from cli.deployment.deployment import Deployment
from cli.deployment.place import deployment_of, named_place
from cli.doctor.examination import LOOKS, examine
from cli.doctor.findings import Facts, Finding, Level
from cli.settings.environments import Named
from cli.terminal import clock
from cli.terminal.command import deployment_options, output_option, subcommand
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, OK, Unusable
from cli.terminal.output import Format, print_csv, print_json
from cli.terminal.text import counted, safe

CREDENTIALS, DEPLOYMENT = "AWS credentials", "deployment"

_SIGNS: dict[Level, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "problem": ("✗", "red"),
    "skipped": ("·", "dim"),
}
_WIDE = 80
_COLUMN = max(len(check) for check, _look in LOOKS)


@subcommand(
    examples=[
        ("tgs check", "of the only environment"),
        ("tgs check -e staging -o json", "of another, for a monitor: the exit code is 1 when there is a problem"),
    ]
)
@deployment_options
@output_option
def command(*, environment: str | None, region: str | None, output: Format) -> int:
    """Check whether a deployment can do its work, and say what to fix.

    It writes nothing, and spends two to five of Toggl's thirty requests an hour. Warnings are no problems.
    """
    known = named_place(environment, region)
    about: dict[str, Any] = {"environment": known.settings().environment, "region": region, "account": None}
    console = console_on(quiet=output != "table")
    findings: list[Finding] = []
    for finding in _findings(known, about):
        findings.append(finding)
        console.print(line_of(finding, console.width))
    problems, warnings = (sum(one.level == level for one in findings) for level in ("problem", "warning"))
    if output == "json":
        counts = {"problems": problems, "warnings": warnings}
        print_json(about | counts | {"findings": [one.to_json() for one in findings]})
    elif output == "csv":
        print_csv(("check", "level", "message"), (one.to_json() for one in findings))
    _conclude(problems, warnings, console)
    return FAILED if problems else OK


def _findings(known: Named, about: dict[str, Any]) -> Iterable[Finding]:
    """All findings, one after the other; `about` gets what is known of where they are."""
    try:
        deployment = deployment_of(known)
    except Unusable as problem:
        yield Finding(CREDENTIALS, "problem", str(problem))
        return
    about |= {"region": deployment.region, "account": deployment.account}
    where = f"account {deployment.account}, {deployment.region}, as {deployment.identity}"
    yield Finding(CREDENTIALS, "ok", where)
    if missing := _missing(deployment):
        yield Finding(DEPLOYMENT, "problem", missing)
        return
    yield from examine(Facts(deployment, clock.now()))


def _missing(deployment: Deployment) -> str:
    """What to say where nothing is deployed at all; "" where something is, or where that cannot be seen."""
    try:
        if deployment.exists():
            return ""
        deployment.require()
    except Unusable as missing:
        return str(missing)
    except AWS_ERRORS:
        return ""
    return ""


def line_of(finding: Finding, width: int) -> Table:
    """A finding as a person reads it; what came from outside is harmless. Where there is little room, the sign alone
    says how it stands.
    """
    sign, style = _SIGNS[finding.level]
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=1)
    if width >= _WIDE:
        line.add_column(width=7)
    line.add_column(width=_COLUMN)
    line.add_column(overflow="fold")
    level = [Text(finding.level, style)] if width >= _WIDE else []
    line.add_row(Text(sign, style), *level, Text(finding.check), safe(finding.message, "", 1_500))
    return line


def _conclude(problems: int, warnings: int, console: Console) -> None:
    parts = [counted(count, word) for count, word in ((problems, "problem"), (warnings, "warning")) if count]
    console.print()
    console.print(Text(", ".join(parts) or "Nothing to fix.", "red" if problems else "yellow" if warnings else "green"))
