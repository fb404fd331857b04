"""What the stack tests work with: synthesised templates, and JSONata evaluated as Step Functions would."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonata
from jsonata.utils import Utils

ROOT = Path(__file__).resolve().parents[2]
CDK_CONTEXT: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]

if TYPE_CHECKING:
    from stacks.sync_stack import SyncStack

State = dict[str, Any]


@dataclass(frozen=True)
class Synthesis:
    """One cloud assembly: the template of its only stack, and its assets."""

    folder: Path

    @cached_property
    def template_file(self) -> Path:
        [found] = self.folder.glob("*.template.json")
        return found

    @cached_property
    def template(self) -> dict[str, Any]:
        template: dict[str, Any] = json.loads(self.template_file.read_text(encoding="utf-8"))
        return template

    def changed(self, change: Callable[[dict[str, Any]], None]) -> Synthesis:
        """The same with a change to a copy of the template."""
        template = copy.deepcopy(self.template)
        change(template)
        changed = Synthesis(self.folder)
        changed.__dict__["template"] = template
        return changed

    def resources(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {
            key: resource.get("Properties", {})
            for key, resource in self.template["Resources"].items()
            if resource["Type"] == resource_type
        }

    def the(self, resource_type: str) -> dict[str, Any]:
        """The properties of the only resource of a type."""
        [properties] = self.resources(resource_type).values()
        return properties

    def function(self, role: str) -> dict[str, Any]:
        """The properties of a Lambda by what it does."""
        found = self.resources("AWS::Lambda::Function").values()
        return next(one for one in found if one["FunctionName"].endswith(f"-{role}"))

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return {key: output["Value"] for key, output in self.template["Outputs"].items()}

    @cached_property
    def definition(self) -> State:
        """The state machine's definition, each reference to another resource as the text `<logical id>`."""
        definition: State = json.loads(text_of(self.the("AWS::StepFunctions::StateMachine")["DefinitionString"]))
        return definition

    @cached_property
    def states(self) -> dict[str, State]:
        """All states by name, those inside of Maps included."""
        return dict(_states_in(self.definition))

    def calls(self, role: str) -> dict[str, State]:
        """The states that invoke a Lambda."""
        [key] = [
            key for key, one in self.resources("AWS::Lambda::Function").items() if one["FunctionName"].endswith(role)
        ]
        versions = [
            name for name, one in self.resources("AWS::Lambda::Version").items() if one["FunctionName"] == {"Ref": key}
        ]
        own = {f"<{name}>" for name in (key, *versions)}
        return {
            name: state for name, state in self.states.items() if state.get("Arguments", {}).get("FunctionName") in own
        }


def text_of(value: Any) -> str:
    """What CloudFormation makes of a text with references in it."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text_of(part) for part in parts)
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]}:
            return f"<{name}>"
    raise AssertionError(f"no text: {value}")


def _states_in(machine: State) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        if state["Type"] == "Map":
            yield from _states_in(state["ItemProcessor"])


def synthesise(
    folder: Path, context: Mapping[str, Any], change: Callable[[SyncStack], None] = lambda _stack: None
) -> Synthesis:
    """The assembly of the app as the CDK CLI would have it made with `-c key=value`, in this process.

    change: what somebody might do to the stack's code. Raises what the synth raises.
    """
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    from aws_cdk import App  # noqa: PLC0415 - takes seconds, and only the tests that synthesise need it

    from app import build  # noqa: PLC0415 - the same

    app = App(outdir=str(folder), context={**CDK_CONTEXT, **context})
    change(build(app))
    app.synth()
    return Synthesis(folder)


def evaluate(expression: str, **variables: Any) -> Any:
    """The value of a JSONata expression (with or without its `{% %}`), `$name` bound to each variable.

    Raises AssertionError for an expression without a value, with which an execution would fail.
    """
    value = _compiled(expression).evaluate(None, {name: _with_nulls(variable) for name, variable in variables.items()})
    assert value is not None, f"{expression} has no value"
    return _plain(value)


@cache
def _compiled(expression: str) -> jsonata.Jsonata:
    compiled = jsonata.Jsonata(expression.removeprefix("{%").removesuffix("%}").strip())
    compiled.set_output_convert_nulls(False)
    return compiled


def _with_nulls(value: Any) -> Any:
    """The engine takes None for nothing at all, and has an object of its own for null."""
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        return {key: _with_nulls(item) for key, item in value.items()}
    return [_with_nulls(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(value[index]) for index in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value
