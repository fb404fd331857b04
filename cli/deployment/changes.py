"""What the next deployment would change without being told to: `python -m cli.deployment.changes ARGUMENTS`.

ARGUMENTS are those that `cdk deploy` will get. A setting that is given neither there nor in cdk.json has its default,
whatever is deployed. A line says so for each that would change; where a token is sent does not change in that way.

Exit codes: 0 continue, 2 a URL would change, or that cannot be seen, with one line that says what to give.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cli.deployment.aws import AWS_ERRORS, in_words
from cli.deployment.deployed_settings import deployed_texts, texts_of
from cli.deployment.deployment import Deployment
from cli.deployment.intended import Intended, read
from cli.terminal.exit_codes import OK, Unusable, exit_code_of
from cli.terminal.text import printable
from contract import names
from contract.errors import InvalidSettings

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
    texts = texts_of(next_one.settings)
    return [
        Change(key, deployed[key], texts[key])
        for key in texts
        if key in deployed and key not in next_one.named and deployed[key] != texts[key]
    ]


def look(arguments: Sequence[str]) -> int:
    """Say where the tokens will be sent, and what would change. Raises Unusable."""
    try:
        next_one = read(arguments)
    except InvalidSettings as error:
        raise Unusable(error.message) from error
    deployment = Deployment.find(next_one.settings.environment, next_one.settings.region)
    try:
        changes = unnamed_changes(deployed_texts(deployment), next_one)
    except AWS_ERRORS as error:
        return _deploy_unseen(next_one, in_words(error))
    elsewhere = [_refusal(deployment, one) for one in changes if one.key in URLS]
    if elsewhere:
        raise Unusable(" ".join(elsewhere))
    print(*_servers(next_one), sep="\n")
    for one in changes:
        before, after = (printable(text, 200) or "empty" for text in (one.before, one.after))
        print(f"{one.key} is not given: it is {before}, and becomes {after}. To keep it: {_given(one, one.before)}")
    return OK


def _servers(next_one: Intended) -> Iterator[str]:
    """To whom the tokens will go, and whether that is the default, which nobody has typed."""
    for key, whose in URLS.items():
        other = f"{_OPTIONS[key]} URL" if key in _OPTIONS else f"-- -c {key}=URL"
        default = "" if key in next_one.named else f", the default server. For another one: {other}"
        yield f"The {whose} token will be sent to {printable(getattr(next_one.settings, key), 200)}{default}"


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


def _deploy_unseen(next_one: Intended, why: str) -> int:
    """Without a look, only what cannot send a token elsewhere may be deployed. Raises Unusable."""
    if not next_one.named >= URLS.keys():
        raise Unusable(
            f"Whether this would change where the tokens are sent cannot be seen. {why} To deploy without a look, give"
            " both URLs: --gitlab-url URL -- -c toggl_url=URL"
        )
    print(f"What this changes cannot be seen. {why}", *_servers(next_one), sep="\n")
    return OK


def main(arguments: Sequence[str] | None = None) -> int:
    return exit_code_of(lambda: look(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    sys.exit(main())
