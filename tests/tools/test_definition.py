"""The lint of the state machine's definition: quiet about a right one, red about a broken one."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.deployment.assembly import UnreadableError, definitions
from tools.definition import expression_findings, findings, main

RIGHT: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Begin",
    "States": {
        "Begin": {"Type": "Pass", "Assign": {"count": 0}, "Next": "Fetch"},
        "Fetch": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": "arn:aws:lambda:us-east-1:111122223333:function:fetch"},
            "Output": (
                "{% (\n  $rows := $states.result.Payload;\n"
                "  $map($rows, function($row, $i) { $i + $count & $row.id })\n) %}"
            ),
            "Next": "Post",
        },
        "Post": {
            "Type": "Map",
            "Items": "{% $range(0, 10, 1) ~> $filter(function($n) { $n > 5 }) %}",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {"One": {"Type": "Pass", "Output": "{% $uppercase('a') %}", "End": True}},
            },
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "Error": "Nothing", "Cause": "{% /* why */\n $string({'a': 1}) %}"},
    },
}
PLACE = "States/Post/ItemProcessor/States/One/Output"


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    definition = copy.deepcopy(RIGHT)
    change(definition)
    return definition


def with_expression(expression: str) -> dict[str, Any]:
    return broken(lambda one: one["States"]["Post"]["ItemProcessor"]["States"]["One"].update(Output=expression))


def test_a_right_definition_has_no_findings() -> None:
    assert findings(RIGHT) == []


def test_a_transition_to_nowhere_is_found() -> None:
    found = findings(broken(lambda one: one["States"]["Begin"].update(Next="Nowhere")))

    assert any("Nowhere" in finding for finding in found)


def test_a_field_that_a_state_does_not_have_is_found() -> None:
    found = findings(broken(lambda one: one["States"]["Begin"].update(ResultPath="$.x")))

    assert any("States/Begin" in finding for finding in found)


@pytest.mark.parametrize(
    ("expression", "finding"),
    [
        ("{% $eval('1') %}", "$eval is not supported by Step Functions"),
        ("{% $map([1], $clone) %}", "$clone is not supported by Step Functions"),
        ("{% $upercase('a') %}", "$upercase is not a function, and nothing assigns it"),
        ("{% $counter + 1 %}", "$counter is not a function, and nothing assigns it"),
        (" {% 1 %}", "an expression begins with {% and ends with %}, without anything around it"),
        ("{% $ %}", "a $ that is in nothing is refused: begin with $states or a variable"),
        ("{% $.count %}", "a $ that is in nothing is refused: begin with $states or a variable"),
        (
            "{% $map([1], function($n) { $ }) %}",
            "a $ that is in nothing is refused: begin with $states or a variable",
        ),
        ("{% $$.a %}", "$$ is refused: begin with $states or a variable"),
        ("{% $states.input[id = $$.id] %}", "$$ is refused: begin with $states or a variable"),
        ("{% name %}", "the name name that is in nothing is refused: begin with $states or a variable"),
        ("{% {'a': order.id} %}", "the name order that is in nothing is refused: begin with $states or a variable"),
        ("{% $states.input & * %}", "the name * that is in nothing is refused: begin with $states or a variable"),
        ("see {% 1 %}", "an expression begins with {% and ends with %}, without anything around it"),
    ],
)
def test_an_expression_that_aws_would_refuse_is_found_with_its_place(expression: str, finding: str) -> None:
    assert expression_findings(with_expression(expression)) == [f"{PLACE}: {finding}"]


def test_an_expression_that_cannot_be_parsed_is_found_with_its_place() -> None:
    found = expression_findings(with_expression("{% $sum([1, 2 %}"))

    assert len(found) == 1
    assert found[0].startswith(f"{PLACE}: Expected ]")


@pytest.mark.parametrize(
    "expression",
    [
        "{% ($f := function($x) { $x * $count }; $f(2)) %}",
        "{% $states.input.Account.Order@$o.Product#$i[$i = 0].{'order': $o.id} %}",
        "{% $states.input ~> |rows|{'a': $.b}| ~> $string %}",
        "{% $uuid() & $hash('a', 'SHA-256') & $now() %}",
        "{% $states.input[id = 1 and $.name = 'a'].{'a': b, 'c': $}^(>d) %}",
        "{% $states.input.rows{reason: $count($)} %}",
        "{% $states.input.rows.($one := id; $one & name) %}",
        "{% $match('a', /a(b)?/)[0].groups[0] %}",
    ],
)
def test_names_that_have_a_meaning_are_no_findings(expression: str) -> None:
    assert expression_findings(with_expression(expression)) == []


def assembly(folder: Path, text: Any) -> Path:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": text}}
    (folder / "Stack.template.json").write_text(json.dumps({"Resources": {"Machine": machine}}))
    return folder


def as_join() -> dict[str, Any]:
    """The definition as the CDK writes it, cut where CloudFormation has to fill in."""
    before, after = json.dumps(RIGHT).split("arn:aws:lambda:us-east-1:111122223333:function:fetch")
    before, between = before.split("arn:aws:states:::lambda:invoke")
    arn = {"Fn::GetAtt": ["Fetch", "Arn"]}
    return {
        "Fn::Join": ["", [before, "arn:", {"Ref": "AWS::Partition"}, ":states:::lambda:invoke", between, arn, after]]
    }


def test_a_templates_tokens_are_resolved(tmp_path: Path) -> None:
    states = definitions(assembly(tmp_path, as_join()))["Machine"]["States"]

    assert states["Fetch"]["Resource"] == "arn:aws:states:::lambda:invoke"
    assert states["Fetch"]["Arguments"]["FunctionName"].endswith(":function:Fetch")


def test_a_token_that_is_not_known_is_no_silent_success(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="Fn::ImportValue"):
        definitions(assembly(tmp_path, {"Fn::ImportValue": "x"}))


def test_an_assembly_without_a_state_machine_is_no_silent_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1

    assert "There is no state machine" in capsys.readouterr().err


def test_findings_fail_the_command_and_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(assembly(tmp_path, as_join()))]) == 0
    assert "Machine: fine" in capsys.readouterr().out

    assert main([str(assembly(tmp_path, json.dumps(with_expression("{% $eval('1') %}"))))]) == 1
    assert "$eval is not supported" in capsys.readouterr().out
