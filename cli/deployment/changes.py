"""What the next deployment would change without being told to: `python -m cli.deployment.changes ARGUMENTS`.

ARGUMENTS are those that `cdk deploy` will get. A setting that is given neither there nor in cdk.json has its default,
whatever is deployed. A line says so for each that would change; where a token is sent does not change in that way.

Exit codes: 0 go on, 2 a URL would change, or that cannot be seen, with one line that says what to give.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployment.intended import Intended, read
from cli.deployment.place import AWS_ERRORS, OK, Deployment, Unusable, exit_code_of, ignored, told
from cli.terminal.console import printable
from contract import names
from contract.errors import InvalidSettings
from contract.settings import Settings, table

URLS = {"gitlab_url": "GitLab", "toggl_url": "Toggl"}
"""Where a token is sent, and whose."""

_OPTIONS = {
    "schedule": "--schedule",
    "gitlab_url": "--gitlab-url",
    "gitlab_project_id": "--gitlab-project-id",
    "toggl_workspace_id": "--toggl-workspace-id",
}
"""What deploy.sh has an option for; the rest stands after --."""


@dataclass(frozen=True)
class Change:
    """One setting that nobody has named: its text as deployed, and as it would be."""

    key: str
    before: str
    after: str


def unnamed_changes(deployed: Mapping[str, str], next_one: Intended) -> list[Change]:
    """The settings that would change although nobody has named them. deployed: texts by key, where they are known."""
    texts = _texts(next_one.settings)
    return [
        Change(key, deployed[key], texts[key])
        for key in texts
        if key in deployed and key not in next_one.named and deployed[key] != texts[key]
    ]


def _texts(settings: Settings) -> dict[str, str]:
    """Settings as a deployment shows them, by key: those that the Lambdas know, and two that it is asked for."""
    variables = settings.to_environment()
    shown = {row["key"]: variables[row["env"]] for row in table() if row["env"]}
    return shown | {"schedule": settings.schedule, "alarm_email": settings.alarm_email}


def deployed_texts(deployment: Deployment) -> dict[str, str]:
    """The same of what is deployed now; empty when nothing is. Raises AWS_ERRORS."""
    texts = _of_fetch(deployment)
    return texts | dict(_of_the_template(deployment)) if texts else {}


def _of_fetch(deployment: Deployment) -> dict[str, str]:
    with ignored("ResourceNotFoundException"):
        function = names.function(deployment.environment, "fetch")
        configuration = deployment.client("lambda").get_function_configuration(FunctionName=function)
        variables = configuration.get("Environment", {}).get("Variables", {})
        return {row["key"]: variables[row["env"]] for row in table() if row["env"] in variables}
    return {}


def _of_the_template(deployment: Deployment) -> Iterator[tuple[str, str]]:
    with ignored("ValidationError"):
        stack = names.stack(deployment.environment)
        resources = deployment.client("cloudformation").get_template(StackName=stack)["TemplateBody"]["Resources"]
        yield "schedule", _property(resources, "AWS::Scheduler::Schedule", "ScheduleExpression", "off")
        yield "alarm_email", _property(resources, "AWS::SNS::Subscription", "Endpoint", "")


def _property(resources: Mapping[str, Any], kind: str, name: str, otherwise: str) -> str:
    """A property of the only resource of a kind."""
    return next((str(one["Properties"][name]) for one in resources.values() if one["Type"] == kind), otherwise)


def look(arguments: Sequence[str]) -> int:
    """Say what would change. Raises Unusable."""
    try:
        next_one = read(arguments)
    except InvalidSettings as error:
        raise Unusable(error.message) from error
    deployment = Deployment.find(next_one.settings.environment, next_one.settings.region)
    try:
        changes = unnamed_changes(deployed_texts(deployment), next_one)
    except AWS_ERRORS as error:
        return _go_on_unseen(next_one, told(error))
    elsewhere = [_refusal(deployment, one) for one in changes if one.key in URLS]
    if elsewhere:
        raise Unusable(" ".join(elsewhere))
    for one in changes:
        before, after = (printable(text, 200) or "empty" for text in (one.before, one.after))
        print(f"{one.key} is not given: it is {before}, and becomes {after}. To keep it: {_given(one, one.before)}")
    return OK


def _refusal(deployment: Deployment, one: Change) -> str:
    name, before = names.state_machine(deployment.environment), printable(one.before, 200)
    keep, change = _given(one, one.before), _given(one, one.after)
    return (
        f"{name} is deployed with the {one.key} {before}, but without being given it would become {one.after}, which"
        f" would get the {URLS[one.key]} token: add {keep} to keep it, or {change} to change it."
    )


def _given(one: Change, value: str) -> str:
    """How deploy.sh is given a value."""
    if one.key == "dry_run" and value == "true":
        return "--dry-run"
    text = printable(value, 400)
    option = _OPTIONS.get(one.key)
    return f"{option} {shlex.quote(text)}" if option and text else f"-- -c {shlex.quote(f'{one.key}={text}')}"


def _go_on_unseen(next_one: Intended, why: str) -> int:
    """Without a look, only what cannot send a token elsewhere may be deployed. Raises Unusable."""
    if not next_one.named >= URLS.keys():
        raise Unusable(
            f"Whether this would change where the tokens are sent cannot be seen. {why} To deploy without a look, give"
            " both URLs: --gitlab-url URL -- -c toggl_url=URL"
        )
    print(f"What this changes cannot be seen. {why}")
    return OK


def main(arguments: Sequence[str] | None = None) -> int:
    return exit_code_of(lambda: look(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    sys.exit(main())
