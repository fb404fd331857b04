"""What every subcommand has: help with examples, and the options that several take, in the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from cli.terminal.days import WORDS, DaysFrom, NoDays, days_in
from cli.terminal.output import FORMATS

EXIT_CODES = "Exit codes: 0 done; 1 it failed; 2 not tried: wrong use, or something is missing; 130 Ctrl-C."

_T = TypeVar("_T", bound=Callable[..., Any])
_HELP_WIDTH = 100
_HANDED_ON = f"{__name__}.handed_on"


class Subcommand(click.Command):
    """A command with examples below its options.

    examples: (command line, what it does). hands_on: what stands after `--`, which `handed_on` gives; "": nothing may.
    """

    def __init__(
        self, name: str | None, *, examples: Sequence[tuple[str, str]] = (), hands_on: str = "", **keywords: Any
    ) -> None:
        super().__init__(name, **keywords)
        self.hands_on = hands_on
        self.context_settings = {"help_option_names": ["-h", "--help"], "max_content_width": _HELP_WIDTH}
        self.examples = tuple(examples)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """click would take what stands behind `--` for arguments like any others."""
        if self.hands_on and "--" in args:
            place = args.index("--")
            ctx.meta[_HANDED_ON] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), *([f"[-- {self.hands_on}]"] if self.hands_on else [])]

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for line, about in self.examples:
                    # A command line stays whole, to be copied.
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                    formatter.indent()
                    formatter.write_text(about)
                    formatter.dedent()
        formatter.write_paragraph()
        formatter.write_text(EXIT_CODES)


def subcommand(
    *, examples: Sequence[tuple[str, str]] = (), hands_on: str = ""
) -> Callable[[Callable[..., int]], Subcommand]:
    """Make a function a subcommand: its docstring is the help, what it returns the exit code."""
    return click.command(cls=Subcommand, examples=examples, hands_on=hands_on)


def handed_on() -> tuple[str, ...]:
    """What stands after `--` in the command that is being run."""
    found: tuple[str, ...] = click.get_current_context().meta.get(_HANDED_ON, ())
    return found


class DaysType(click.ParamType[DaysFrom]):
    """Days, as `cli.terminal.days` has them."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> DaysFrom:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return] # converted already
        try:
            days_from = days_in(value)
        except NoDays as error:
            self.fail(str(error), param, ctx)

        def resolved(today: date) -> Any:
            try:
                return days_from(today)
            except NoDays as error:
                raise click.BadParameter(str(error), ctx, param) from error

        return resolved

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        return [click.shell_completion.CompletionItem(word) for word in WORDS if word.startswith(incomplete)]


def environment_option(function: _T) -> _T:
    return click.option(
        "-e",
        "--environment",
        metavar="NAME",
        shell_complete=_environment_names,
        help="The environment; not needed when environments/ has one file.",
    )(function)


def deployment_options(function: _T) -> _T:
    """Which deployment on AWS is meant."""
    return environment_option(region_option(function))


def region_option(function: _T) -> _T:
    about = "The AWS region; that of the environment's file."
    return click.option("-r", "--region", metavar="REGION", help=about)(function)


def source_options(function: _T) -> _T:
    """Whose settings and tokens: a deployment's, or this machine's. `is_deployed` says which."""
    deployed = "With the settings, secrets and record of the deployment on AWS; so is -e."
    local = "With -e: the environment's file and this machine's tokens instead."
    with_local = click.option("--local", is_flag=True, help=local)(function)
    return click.option("--deployed", is_flag=True, help=deployed)(with_local)


def is_deployed(*place: str | None, deployed: bool, local: bool) -> bool:
    """What `source_options` ask for. place: what is given of where a deployment is; who gives any means one."""
    if deployed and local:
        raise click.UsageError("give either --deployed or --local")
    return deployed or (not local and any(one is not None for one in place))


def output_option(function: _T) -> _T:
    return click.option(
        "-o",
        "--output",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="For a person, or for a program.",
    )(function)


def yes_option(function: _T) -> _T:
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


def verbose_option(function: _T) -> _T:
    return click.option("-v", "--verbose", is_flag=True, help="Show the states that were not needed, too.")(function)


def set_option(function: _T) -> _T:
    return set_option_with("A setting for this time only, see docs/settings.md; repeatable.")(function)


def set_option_with(about: str) -> Callable[[_T], _T]:
    """`--set` of a command that does something else with the settings. about: its help."""
    return click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help=about)


def _environment_names(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    from cli.settings.environments import environment_names  # noqa: PLC0415 - completion only

    names = environment_names()
    return [click.shell_completion.CompletionItem(name) for name in names if name.startswith(incomplete)]
