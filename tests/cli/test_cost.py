"""What a month costs: the transitions come from the definition, the rest from what the stack has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli import cost
from cli.cost import Item, Load, Transitions, count_transitions, monthly_bill, total
from cli.deployment.assembly import definitions
from tests.stacks.support import Synthesis, synthesise
from tools.tables import cost_table, document_of, with_table


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("cost"), {})


@pytest.fixture(scope="module")
def transitions(stack: Synthesis) -> Transitions:
    [definition] = definitions(stack.folder).values()
    return count_transitions(definition)


def a_map(inner: dict[str, Any], start: str) -> dict[str, Any]:
    return {"Type": "Map", "Next": "End", "ItemProcessor": {"StartAt": start, "States": inner}}


def test_the_longest_way_counts_each_state_and_the_start() -> None:
    post = {"Post": {"Type": "Task", "Next": "Note", "Catch": [{"Next": "Long"}]}, "Note": {"Type": "Pass"}}
    posts = post | {"Long": {"Type": "Pass", "Next": "Longer"}, "Longer": {"Type": "Pass"}}
    definition = {
        "StartAt": "Read",
        "States": {
            "Read": {"Type": "Task", "Next": "Any", "Catch": [{"Next": "Failed"}]},
            "Any": {"Type": "Choice", "Choices": [{"Next": "CreateIssues"}], "Default": "End"},
            "CreateIssues": a_map({"Create": {"Type": "Task"}}, "Create") | {"Next": "PostEntries"},
            "PostEntries": a_map(posts, "Post"),
            "End": {"Type": "Succeed"},
            "Failed": {"Type": "Fail"},
        },
    }

    assert count_transitions(definition) == Transitions(a_run=6, a_post=2, a_new_issue=1)


def test_a_way_that_comes_back_is_counted_once() -> None:
    states: dict[str, Any] = {
        "Look": {"Type": "Choice", "Choices": [{"Next": "Again"}], "Default": "PostEntries"},
        "Again": {"Type": "Pass", "Next": "Look"},
        "CreateIssues": a_map({"Create": {"Type": "Task"}}, "Create") | {"Next": "End"},
        "PostEntries": a_map({"Post": {"Type": "Task"}}, "Post") | {"Next": "CreateIssues"},
        "End": {"Type": "Succeed"},
    }

    assert count_transitions({"StartAt": "Look", "States": states}).a_run == 5


def test_a_months_transitions_grow_with_the_runs_and_the_entries() -> None:
    few = Transitions(a_run=10, a_post=2, a_new_issue=3)

    assert few.of(posts=20, new_issues=1) == 53


def test_what_is_free_is_not_charged_and_what_is_more_is() -> None:
    item = Item("Step Functions", "transitions", used=5_000, price=0.000025, free=4_000)

    assert item.beyond_the_free_tier == pytest.approx(0.025)
    assert item.without_a_free_tier == pytest.approx(0.125)


def test_a_run_a_day_with_twenty_entries_costs_at_most_ninety_cents(transitions: Transitions) -> None:
    assert total(monthly_bill(Load(runs=30, entries=20), transitions)) <= 0.90


def test_nothing_that_is_used_costs_only_what_stands_around(transitions: Transitions) -> None:
    assert total(monthly_bill(Load(runs=0, entries=0), transitions)) == pytest.approx(0.80)


def test_the_bill_counts_what_the_stack_has(stack: Synthesis) -> None:
    assert len(stack.resources("AWS::CloudWatch::Alarm")) == cost.ALARMS
    assert len(stack.resources("AWS::SecretsManager::Secret")) == cost.SECRETS
    assert len(stack.resources("AWS::CloudWatch::Dashboard")) == cost.DASHBOARDS
    memory = {one["FunctionName"]: one["MemorySize"] for one in stack.resources("AWS::Lambda::Function").values()}
    assert memory == {
        "toggl-gitlab-sync-prod-fetch": 1024 * cost.READING_GB,
        "toggl-gitlab-sync-prod-transform": 1024 * cost.READING_GB,
        "toggl-gitlab-sync-prod-post": 1024 * cost.POST_GB,
    }


def test_every_kind_of_resource_is_on_the_bill_or_costs_nothing_by_itself(stack: Synthesis) -> None:
    billed = {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::Scheduler::Schedule",
        "AWS::SecretsManager::Secret",
        "AWS::StepFunctions::StateMachine",
    }
    free = {
        "AWS::Events::Rule",  # events of AWS itself
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Version",
        "AWS::S3::Bucket",  # empty unless a run has more than 400 entries, whose few files go after a month
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Topic",  # a mail for each failure: the first 1,000 a month are free
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",  # empty unless a start fails
        "AWS::SQS::QueuePolicy",
    }

    assert {one["Type"] for one in stack.template["Resources"].values()} == billed | free


def test_the_table_of_the_document_is_what_the_function_says(transitions: Transitions) -> None:
    text = document_of("cost").read_text(encoding="utf-8")

    assert with_table(text, "cost", cost_table(transitions)) == text


def test_the_command_says_it_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, transitions: Transitions
) -> None:
    monkeypatch.setattr(cost, "transitions_of_the_app", lambda: transitions)

    code = cost.main(["--runs", "30", "--entries", "20", "--json"])

    bill = json.loads(capsys.readouterr().out)
    assert code == 0
    assert bill["total"] == pytest.approx(sum(item["cost"] for item in bill["items"]), abs=0.001)


def test_a_number_that_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cost.main(["--runs", "-1"])

    assert ended.value.code == 2
    assert "not negative" in capsys.readouterr().err
