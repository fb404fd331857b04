"""`tgs deploy`: one environment to AWS, after it has shown what changes."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence

import click

from cli.deployment.bootstrap import bootstrap_named, is_bootstrapped, make_ready
from cli.deployment.cdk import Cdk, given_in
from cli.deployment.changes import Change, changes_of, parts_of, servers
from cli.deployment.deployment import Deployment
from cli.deployment.differences import show_differences
from cli.deployment.place import deployment_of, require_account
from cli.settings.environments import ROOT, Named, named
from cli.terminal.arguments import pairs_in
from cli.terminal.asking import agreed
from cli.terminal.command import deployment_options, handed_on, set_option, subcommand, yes_option
from cli.terminal.console import console_on, say
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.prerequisites import require_tools
from contract import names


@subcommand(
    examples=[
        ("tgs deploy", "the only environment, as its file says"),
        ("tgs deploy -e staging --schedule off", "another one, with a setting for this deployment"),
        ("tgs deploy -a 123456789012 --gitlab-url https://gitlab.example.com", "without a file"),
        ("tgs deploy -- --revert-drift", "what stands after -- goes to cdk deploy"),
    ],
    hands_on="CDK OPTIONS",
)
@deployment_options
@click.option("-a", "--account", metavar="ID", help="The AWS account, 12 digits; that of the environment's file.")
@click.option("-d", "--dry-run", is_flag=True, help="Runs plan, but write nothing to GitLab.")
@click.option("-s", "--schedule", metavar="EXPRESSION", help='"cron(...)", "rate(...)" or off.')
@click.option("--gitlab-url", metavar="URL", help="The GitLab server.")
@click.option("--gitlab-project-id", metavar="ID", help="The default project: numeric id or full path.")
@click.option("--toggl-workspace-id", metavar="ID", help="Entries of other workspaces are left out.")
@set_option
@yes_option
@click.option("-v", "--verbose", is_flag=True, help="Show how the state machine's definition changes, too.")
def command(
    *,
    environment: str | None,
    region: str | None,
    account: str | None,
    dry_run: bool,
    schedule: str | None,
    gitlab_url: str | None,
    gitlab_project_id: str | None,
    toggl_workspace_id: str | None,
    overrides: tuple[str, ...],
    yes: bool,
    verbose: bool,
) -> int:
    """Deploy an environment to AWS, or change what is deployed.

    The settings are those of environments/NAME.toml; what is given here goes before them. It shows what changes in the
    resources and in the settings, asks on a terminal, bootstraps the account when it never was, and deploys. A setting
    that is given nowhere has its default, whatever is deployed.
    """
    options = {
        "environment": environment,
        "region": region,
        "account": account,
        "dry_run": "true" if dry_run else None,
        "schedule": schedule,
        "gitlab_url": gitlab_url,
        "gitlab_project_id": gitlab_project_id,
        "toggl_workspace_id": toggl_workspace_id,
    }
    given = {key: value for key, value in options.items() if value is not None} | dict(pairs_in(overrides))
    cdk_options = handed_on()
    known = named(given | given_in(cdk_options))
    require_account(known)
    known.settings()
    require_tools()
    deployment = deployment_of(known, or_default_region=True)
    say(*servers(known))
    is_asked = not yes and sys.stdin.isatty()
    return _deploy(deployment, known, given, cdk_options, is_asked=is_asked, verbose=verbose)


def _deploy(
    deployment: Deployment,
    known: Named,
    given: Mapping[str, str],
    cdk_options: Sequence[str],
    *,
    is_asked: bool,
    verbose: bool,
) -> int:
    cdk = Cdk(deployment.region)
    stack = names.stack(deployment.environment)
    say(f"{stack}: account {deployment.account}, {deployment.region}.")
    context = _context({**given, "environment": deployment.environment}, cdk_options)
    found = changes_of(deployment, known)
    app = _synthesised(cdk, context, cdk_options)
    if app is None:
        return FAILED
    bootstrap = bootstrap_named(cdk_options)
    if not is_bootstrapped(deployment, bootstrap):
        make_ready(cdk, deployment, bootstrap)
    elif app and deployment.exists():
        show_differences(cdk, deployment, app[1], verbose=verbose)
    _show_settings(found, known)  # last, so that they stand above the question
    if is_asked and not agreed("Deploy this?", otherwise="Give --yes."):
        print("Nothing was changed.")
        return FAILED
    if cdk.call(["deploy", stack, *_approval(cdk_options, is_asked=is_asked), *(app or context), *cdk_options]) != 0:
        return FAILED
    _say_what_is_next(deployment)
    return OK


def _approval(cdk_options: Sequence[str], *, is_asked: bool) -> list[str]:
    """On a terminal the CDK shows which rights are given, and asks; elsewhere nobody could answer."""
    if _has_option(cdk_options, "--require-approval"):
        return []
    return ["--require-approval", "broadening" if is_asked and sys.stdout.isatty() else "never"]


def _context(given: Mapping[str, str], cdk_options: Sequence[str]) -> list[str]:
    behind = given_in(cdk_options)
    return [part for key, value in given.items() if key not in behind for part in ("-c", f"{key}={value}")]


def _show_settings(found: list[Change] | None, known: Named) -> None:
    if found is None:
        say("What this changes in the settings cannot be seen with these credentials.")
        return
    for part in parts_of(found, known):
        console_on().print(part)


def _synthesised(cdk: Cdk, context: Sequence[str], cdk_options: Sequence[str]) -> list[str] | None:
    """The options that name what was synthesised; empty where an app is given, and None when the app refused."""
    if "CDK_APP" in os.environ or _has_option(cdk_options, "--app", "-a"):
        return []
    given = [part for key, value in given_in(cdk_options).items() for part in ("-c", f"{key}={value}")]
    print("Synthesising; it takes some ten seconds.")
    if cdk.call(["synth", "--quiet", *context, *given]) != 0:
        return None
    return ["--app", os.environ.get("CDK_OUTPUT", "cdk.out")]


def _has_option(words: Sequence[str], *options: str) -> bool:
    return any(word.partition("=")[0] in options for word in words)


def _say_what_is_next(deployment: Deployment) -> None:
    say("", f"Deployed. Next, in {shlex.quote(str(ROOT))}:")
    for step, command in (
        ("1. Put the two tokens into their secrets, if you have not yet:", deployment.command("tokens")),
        ("2. Check that everything is in order:", deployment.command("check")),
        ("3. Try a run that writes nothing:", deployment.command("start", "--dry-run")),
    ):
        say(f"  {step}")
        print(f"       {command}")
    say("  4. Look at it: the ConsoleLink among the outputs above is its page in AWS's console.")
