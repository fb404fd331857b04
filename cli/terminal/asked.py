"""What a run is asked for on a command line: its days, its environment, and settings for this time only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.terminal.arguments import pairs_in
from cli.terminal.command import DaysType, environment_option, set_option
from cli.terminal.command_line import command_line
from cli.terminal.days import FORMS, Days, DaysFrom


@dataclass(frozen=True)
class Asked:
    """overrides: `KEY=VALUE`, as they were typed. None is what was not given."""

    days: DaysFrom | None = None
    days_back: int | None = None
    environment: str | None = None
    overrides: tuple[str, ...] = ()

    def settings(self) -> dict[str, str]:
        """The overrides by key. Raises InvalidInput."""
        return dict(pairs_in(self.overrides))

    def run_input(self, now: datetime, timezone: str) -> dict[str, Any]:
        """The days as a run's input has them; neither: what the schedule would cover."""
        if self.days is not None and self.days_back is not None:
            raise click.UsageError("give either days or --days-back")
        if self.days is not None:
            return dict(self.days(now.astimezone(ZoneInfo(timezone)).date()).run_input())
        return {} if self.days_back is None else {"days_back": self.days_back}

    def command_line(self, verb: str, run_input: Mapping[str, Any]) -> str:
        """The command that carries out the plan of this run, with the same settings."""
        days = f"{Days(*map(date.fromisoformat, run_input.values()))}" if "start_date" in run_input else None
        back = ["--days-back", str(run_input["days_back"])] if "days_back" in run_input else []
        place = [] if self.environment is None else ["-e", self.environment]
        sets = [word for pair in self.overrides for word in ("--set", pair)]
        return command_line(verb, days, *back, *place, *sets)


def run_options(function: Callable[..., int]) -> Callable[..., int]:
    """`[DAYS]`, `--days-back`, `-e` and `--set`, which the function gets together as `asked`."""

    @click.argument("days", metavar="[DAYS]", type=DaysType(), required=False)
    @click.option(
        "--days-back",
        metavar="N",
        type=click.IntRange(0, 366),
        help=f"Today and N whole days before, instead of DAYS, which is {FORMS}.",
    )
    @environment_option
    @set_option
    @wraps(function)
    def with_asked(
        *,
        days: DaysFrom | None,
        days_back: int | None,
        environment: str | None,
        overrides: tuple[str, ...],
        **others: Any,
    ) -> int:
        return function(asked=Asked(days, days_back, environment, overrides), **others)

    return with_asked
