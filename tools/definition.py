"""Checks the state machine's definition before any AWS sees it: `python -m tools.definition [CDK.OUT]`.

The local AWS validates no definition, so this does: asl-validator on the states, and every JSONata expression is parsed
and its names are looked up. Nothing is evaluated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonata.jsonata import Jsonata
from jsonata.parser import Parser

from cli.deployment.assembly import UnreadableError, definitions, synthesise
from cli.terminal.console import console_on
from cli.terminal.text import safe
from local.aws.cdk import PROJECT_ROOT

VALIDATOR = PROJECT_ROOT / "node_modules" / ".bin" / "asl-validator"

# fmt: off
JSONATA_FUNCTIONS = frozenset({
    "abs", "append", "assert", "average", "base64decode", "base64encode", "boolean", "ceil", "contains", "count",
    "decodeUrl", "decodeUrlComponent", "distinct", "each", "encodeUrl", "encodeUrlComponent", "error", "exists",
    "filter", "floor", "formatBase", "formatInteger", "formatNumber", "fromMillis", "join", "keys", "length", "lookup",
    "lowercase", "map", "match", "max", "merge", "millis", "min", "not", "now", "number", "pad", "parseInteger",
    "power", "random", "reduce", "replace", "reverse", "round", "shuffle", "sift", "single", "sort", "split", "spread",
    "sqrt", "string", "substring", "substringAfter", "substringBefore", "sum", "toMillis", "trim", "type", "uppercase",
    "zip",
})
# fmt: on
"""JSONata's own functions without $eval, which Step Functions refuses.

Source: the Step Functions developer guide, "Transforming data with JSONata"."""

STEP_FUNCTIONS_FUNCTIONS = frozenset({"partition", "range", "hash", "random", "uuid", "parse"})
"""What Step Functions adds; the same page."""

_TIMEOUT_SECONDS = 120


def findings(definition: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a definition, a line each; empty when it is fine. Raises UnreadableError."""
    return [*_validator_findings(definition), *expression_findings(definition)]


def _validator_findings(definition: Mapping[str, Any]) -> list[str]:
    if not VALIDATOR.exists():
        raise UnreadableError("asl-validator is missing. Run: make setup")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "definition.json"
        path.write_text(json.dumps(_on_one_line(definition)), encoding="utf-8")
        result = subprocess.run(
            [str(VALIDATOR), "--json-path", str(path)],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    if result.returncode == 0:
        return []
    return [line.strip() for line in result.stderr.splitlines() if line.strip() and str(path) not in line] or [
        f"asl-validator ended with exit code {result.returncode}"
    ]


def _on_one_line(value: Any) -> Any:
    """The same definition without line breaks in expressions: AWS takes them, asl-validator's pattern does not."""
    if isinstance(value, Mapping):
        return {key: _on_one_line(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_on_one_line(one) for one in value]
    return value.replace("\n", " ") if isinstance(value, str) and value.startswith("{%") else value


def expression_findings(definition: Mapping[str, Any]) -> list[str]:
    """What is wrong with a definition's JSONata: syntax, unknown names, functions that Step Functions does not have."""
    variables = frozenset(_assigned(definition))
    found = []
    for where, text in expressions(definition):
        if not (text.startswith("{%") and text.endswith("%}")):
            found.append(f"{where}: an expression begins with {{% and ends with %}}, without anything around it")
            continue
        try:
            tree = Jsonata.jsonata(text[2:-2].strip()).ast
        except Exception as error:  # noqa: BLE001 - whatever the parser raises, the expression cannot be parsed
            found.append(f"{where}: {error}")
            continue
        found += [f"{where}: {problem}" for problem in (*_name_problems(tree, variables), *_context_problems(tree))]
    return found


def expressions(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text with `{%` or `%}` in it and where it is, such as `States/FetchEntries/Output`."""
    if isinstance(value, str):
        if "{%" in value or "%}" in value:
            yield where, value
        return
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, one in inner:
        yield from expressions(one, f"{where}/{key}" if where else str(key))


def _assigned(value: Any) -> Iterator[str]:
    """The workflow variables that any state, rule or catcher assigns."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key == "Assign":
                yield from one
            yield from _assigned(one)
    elif isinstance(value, list):
        for one in value:
            yield from _assigned(one)


def _name_problems(tree: Any, variables: frozenset[str]) -> Iterator[str]:
    nodes = list(_nodes(tree, set()))
    used = {node.value for node in nodes if node.type == "variable"}
    own = {str(name) for node in nodes for name in _bound_by(node)}
    # $ is what an expression looks at, $$ its whole input, $states what Step Functions gives it.
    for name in sorted(used - own - variables - {"", "$", "states"}):
        known_to_aws = name in JSONATA_FUNCTIONS or name in STEP_FUNCTIONS_FUNCTIONS
        known_here = name in Jsonata.static_frame.bindings or name in STEP_FUNCTIONS_FUNCTIONS
        if known_here and not known_to_aws:
            yield f"${name} is not supported by Step Functions"
        elif known_to_aws and not known_here:
            yield f"${name} is not known to the local AWS"
        elif not known_to_aws:
            yield f"${name} is not a function, and nothing assigns it"


_HAVE_A_CONTEXT = frozenset({"predicate", "stages", "group", "terms", "pattern", "update", "delete"})
"""The parts of a node that look at what the node has given, so that names in them have something to be looked up in."""


_LOOKED_AT_APART = frozenset({"steps", "slot", "seeking_parent", "ancestor"})
"""A path's steps, and the parts that lead back to other nodes of the same expression."""


def _context_problems(node: Any, *, has_context: bool = False) -> Iterator[str]:
    """What looks at an expression's own input. Step Functions gives it none, and refuses it in CreateStateMachine.

    Source: the Step Functions developer guide, "Transforming data with JSONata".
    """
    if isinstance(node, list | tuple):
        for one in node:
            yield from _context_problems(one, has_context=has_context)
    elif isinstance(node, Parser.Symbol):
        yield from _context_problem(node, has_context=has_context)
        for number, step in enumerate(node.steps or ()):
            yield from _context_problems(step, has_context=has_context or number > 0)
        for part, value in vars(node).items():
            if part not in _LOOKED_AT_APART:
                yield from _context_problems(value, has_context=has_context or part in _HAVE_A_CONTEXT)


def _context_problem(node: Any, *, has_context: bool) -> Iterator[str]:
    """The same of the node itself."""
    if node.type == "variable" and node.value == "$":
        yield f"$$ is refused: {_BEGIN_WITH}"
    elif not has_context and node.type == "variable" and node.value == "":
        yield f"a $ that is in nothing is refused: {_BEGIN_WITH}"
    elif not has_context and node.type in {"name", "wildcard", "descendant"}:
        yield f"the name {node.value} that is in nothing is refused: {_BEGIN_WITH}"


_BEGIN_WITH = "begin with $states or a variable"


def _bound_by(node: Any) -> Iterator[str]:
    """The names that a part of an expression gives a meaning: `:=`, a function's parameters, `@$x` and `#$i`."""
    if node.type == "bind":
        yield node.lhs.value
    elif node.type == "lambda":
        yield from (parameter.value for parameter in node.arguments)
    yield from (name for name in (node.focus, node.index) if isinstance(name, str))


def _nodes(value: Any, seen: set[int]) -> Iterator[Any]:
    """Every part of a parsed expression, each once."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _nodes(one, seen)
    elif isinstance(value, Parser.Symbol) and id(value) not in seen:
        seen.add(id(value))
        yield value
        for one in vars(value).values():
            yield from _nodes(one, seen)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.definition", description=(__doc__ or "").partition("\n\n")[0]
    )
    parser.add_argument(
        "assembly", nargs="?", type=Path, help="a cloud assembly's folder; by default the app is synthesised"
    )
    assembly = parser.parse_args(arguments).assembly
    console = console_on()
    wrong = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, definition in definitions(assembly or synthesise(Path(folder) / "cdk.out")).items():
                problems = findings(definition)
                wrong += len(problems)
                count = sum(1 for _ in expressions(definition))
                verdict = f"{len(problems)} problems" if problems else "fine"
                console.print(safe(f"{name}: {verdict} ({count} expressions)", "red" if problems else "green"))
                for problem in problems:
                    console.print(safe(f"  {problem}", limit=1_000))
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
