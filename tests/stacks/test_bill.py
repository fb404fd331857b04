"""What a month costs, by what the stack has and the definition does."""

from __future__ import annotations

import pytest

from cli.billing import bill
from cli.billing.bill import Load, monthly_bill, total
from cli.billing.transitions import Transitions, count_transitions
from tests.stacks.support import Synthesis
from tools.tables import cost_table, document_of, with_table


@pytest.fixture(scope="module")
def transitions(default: Synthesis) -> Transitions:
    return count_transitions(default.definition)


def test_a_run_a_day_with_twenty_entries_costs_at_most_ninety_cents(transitions: Transitions) -> None:
    assert total(monthly_bill(Load(runs=30, entries=20), transitions)) <= 0.90


def test_nothing_that_is_used_costs_only_what_stands_around(transitions: Transitions) -> None:
    assert total(monthly_bill(Load(runs=0, entries=0), transitions)) == pytest.approx(0.80)


def test_the_bill_counts_what_the_stack_has(default: Synthesis) -> None:
    assert len(default.resources("AWS::CloudWatch::Alarm")) == bill.ALARMS
    assert len(default.resources("AWS::SecretsManager::Secret")) == bill.SECRETS
    assert len(default.resources("AWS::CloudWatch::Dashboard")) == bill.DASHBOARDS
    memory = {one["FunctionName"]: one["MemorySize"] for one in default.resources("AWS::Lambda::Function").values()}
    assert memory == {
        "toggl-gitlab-sync-prod-fetch": 1024 * bill.READING_GB,
        "toggl-gitlab-sync-prod-transform": 1024 * bill.READING_GB,
        "toggl-gitlab-sync-prod-post": 1024 * bill.POST_GB,
    }


def test_every_kind_of_resource_is_on_the_bill_or_costs_nothing_by_itself(default: Synthesis) -> None:
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

    assert {one["Type"] for one in default.template["Resources"].values()} == billed | free


def test_the_table_of_the_document_is_what_the_function_says(transitions: Transitions) -> None:
    text = document_of("cost").read_text(encoding="utf-8")

    assert with_table(text, "cost", cost_table(transitions)) == text
