"""What a deployment changes in the resources, as `cdk diff` shows it; of the state machine, which states."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.deployment.assembly import UnreadableError, definitions_in
from cli.deployment.aws import AWS_ERRORS
from cli.deployment.cdk import Cdk
from cli.deployment.deployment import Deployment
from cli.settings import environments
from cli.terminal.console import say
from contract import names

_DEFINITION = "DefinitionString"


def show_differences(cdk: Cdk, deployment: Deployment, assembly: str, *, verbose: bool) -> None:
    """Without what the CDK would print as one huge line, of which the settings are shown elsewhere.

    assembly: the folder of what was synthesised. verbose: all of it, as the CDK has it.
    """
    stack = names.stack(deployment.environment)
    diff = ["diff", stack, "--app", assembly, "--method", "template"]
    after = _read(environments.ROOT / assembly / f"{stack}.template.json")
    before = {} if verbose or not after else _deployed(deployment)
    if not before:
        cdk.call(diff)
        return
    told = state_changes(before, after)
    shortened = _shortened(before, after, told)
    if shortened != after or before == after:  # else the CDK would say that nothing changes
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "deployed.template.json"
            file.write_text(json.dumps(shortened), encoding="utf-8")
            cdk.call([*diff, "--template", str(file)])
    say(*(f"The state machine: {words}. Its whole definition: --verbose." for words in told.values() if words))


def state_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """What becomes of the states of each state machine that is in both templates, by logical id; "" for nothing.

    Empty where a definition is not one that a synth of this app makes.
    """
    try:
        was, will = definitions_in(before), definitions_in(after)
    except UnreadableError:
        return {}
    return {machine: _in_words(was[machine], will[machine]) for machine in was.keys() & will.keys()}


def _in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before == after:
        return ""
    was, will = dict(_states(before)), dict(_states(after))
    found = {
        "adds": [name for name in will if name not in was],
        "removes": [name for name in was if name not in will],
        "changes": [name for name in will if name in was and was[name] != will[name]],
    }
    told = [f"{verb} {', '.join(states)}" for verb, states in found.items() if states]
    return "; ".join(told) or "changes, but none of its states"


def _states(machine: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each state by its name; those inside a Map after it, and not as a part of it."""
    for name, state in machine["States"].items():
        inside = state.get("ItemProcessor")
        yield name, {**state, "ItemProcessor": {**inside, "States": None}} if inside else state
        if inside:
            yield from _states(inside)


def _shortened(before: Mapping[str, Any], after: Mapping[str, Any], machines: Iterable[str]) -> Any:
    """The template `before` with the state machines' definitions and the settings' texts of the other one."""
    new = {machine: {_DEFINITION: after["Resources"][machine]["Properties"][_DEFINITION]} for machine in machines}
    resources = {
        name: {**one, "Properties": {**one["Properties"], **new[name]}} if name in new else one
        for name, one in before["Resources"].items()
    }
    settings = {names.SETTINGS_METADATA: after.get("Metadata", {}).get(names.SETTINGS_METADATA)}
    return {**before, "Resources": resources, "Metadata": {**before.get("Metadata", {}), **settings}}


def _deployed(deployment: Deployment) -> Mapping[str, Any]:
    """The deployed template; empty when these credentials may not see it: the CDK has a role of its own for that."""
    try:
        return deployment.template()
    except AWS_ERRORS:
        return {}


def _read(template: Path) -> Mapping[str, Any]:
    """Empty when there is none, of an app that is not this one."""
    read: dict[str, Any] = json.loads(template.read_text(encoding="utf-8")) if template.is_file() else {}
    return read
