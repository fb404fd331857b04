"""What the next deployment changes in the settings, and what of it nobody has asked for.

A setting that is given nowhere has its default, whatever is deployed. Where a token is sent does not change in that
way.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from cli.deployment.aws import AWS_ERRORS, in_words
from cli.deployment.deployed_settings import deployed_texts, texts_of
from cli.deployment.deployment import Deployment
from cli.settings.environments import Named
from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable, safe
from contract import names

URLS = {"gitlab_url": "GitLab", "toggl_url": "Toggl"}
"""Where a token is sent, and whose."""

_OPTIONS = {
    "schedule": "--schedule",
    "gitlab_url": "--gitlab-url",
    "gitlab_project_id": "--gitlab-project-id",
    "toggl_workspace_id": "--toggl-workspace-id",
}
"""What a deployment has an option for; of the rest, --set takes all."""

_LONG = 2_000


@dataclass(frozen=True)
class Change:
    """One setting: its text as deployed, and as it would be. is_named: whether somebody has given it."""

    key: str
    before: str
    after: str
    is_named: bool = False


def changes(deployed: Mapping[str, str], known: Named) -> list[Change]:
    """The settings that would change. deployed: texts by key, where they are known."""
    texts = texts_of(known.settings())
    return [
        Change(key, deployed[key], texts[key], key in known.values)
        for key in texts
        if key in deployed and deployed[key] != texts[key]
    ]


def changes_of(deployment: Deployment, known: Named) -> list[Change] | None:
    """What would change in what is deployed; None when that cannot be seen, and no token can go elsewhere all the same.

    Raises Unusable for a URL that nobody has asked to change.
    """
    try:
        found = changes(deployed_texts(deployment), known)
    except AWS_ERRORS as error:
        _refuse_unseen(known, in_words(error))
        return None
    elsewhere = [_refusal(deployment, one, known) for one in found if one.key in URLS and not one.is_named]
    if elsewhere:
        raise Unusable(" ".join(elsewhere))
    return found


def parts_of(found: list[Change], known: Named, heading: str = "Settings that change:") -> Iterator[Text | Table]:
    """The changes as a person reads them, old -> new; with what keeps the old one where nobody has asked."""
    if not found:
        return
    yield Text(heading, style="bold")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=0)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        before, after = (printable(text, _LONG) or "empty" for text in (one.before, one.after))
        table.add_row("", safe(one.key, "bold"), safe(f"{before} → {after}", limit=2 * _LONG))
        if not one.is_named:
            table.add_row(
                "", "", safe(f"nobody has said so. To keep it: {_given(one, one.before, known)}", "yellow", _LONG)
            )
    yield table


def servers(known: Named) -> Iterator[str]:
    """To whom the tokens will go, and whether that is the default, which nobody has typed."""
    settings = known.settings()
    for key, whose in URLS.items():
        option = f"{_OPTIONS[key]} URL" if key in _OPTIONS else f"--set {key}=URL"
        other = option if known.file is None else f'{key} = "URL" in {_shown(known.file)}'
        default = "" if key in known.values else f", the default server. For another one: {other}"
        yield f"The {whose} token will be sent to {printable(getattr(settings, key), 200)}{default}"


def _refusal(deployment: Deployment, one: Change, known: Named) -> str:
    name, before = names.state_machine(deployment.environment), printable(one.before, 200)
    keep, change = _given(one, one.before, known), _given(one, one.after, known)
    return (
        f"{name} is deployed with the {one.key} {before}, but without being given it would become {one.after}, which"
        f" would get the {URLS[one.key]} token: add {keep} to keep it, or {change} to change it."
    )


def _given(one: Change, value: str, known: Named) -> str:
    """How a deployment is given a value: in the environment's file, or as an option."""
    text = printable(value, 400)
    if known.file is not None:
        return f"{one.key} = {json.dumps(text, ensure_ascii=False)} in {_shown(known.file)}"
    if one.key == "dry_run" and value == "true":
        return "--dry-run"
    option = _OPTIONS.get(one.key)
    return f"{option} {shlex.quote(text)}" if option and text else f"--set {shlex.quote(f'{one.key}={text}')}"


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def _refuse_unseen(known: Named, why: str) -> None:
    """Without a look, only what cannot send a token elsewhere may be deployed. Raises Unusable."""
    if not known.values.keys() >= URLS.keys():
        raise Unusable(
            f"Whether this would change where the tokens are sent cannot be seen. {why} To deploy without a look, give"
            " both URLs: --gitlab-url URL --set toggl_url=URL"
        )
