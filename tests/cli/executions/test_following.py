"""An execution is followed event by event to its end, also when AWS lags behind."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from cli.executions import following
from cli.executions.following import History, follow
from tests.cli.executions.support import ARN, Recorded, happy, large, output, post_batch, row


@pytest.mark.parametrize("page", [1, 2, 7, 100])
def test_a_history_of_many_pages_is_taken_in_once_and_in_order(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in ("PAGE_EVENTS", "FIRST_PAGE_EVENTS"):
        monkeypatch.setattr(following, size, page)
    states = happy(output(row()))
    history = History(states, ARN)
    first, rest = states.events[:9], states.events[9:]

    states.events = list(first)
    seen = [history.news(), history.news()]
    states.events += rest
    seen += [history.news(), history.news()]

    assert [event["id"] for event in itertools.chain(*seen)] == [event["id"] for event in states.events]
    assert [len(news) for news in seen] == [9, 0, len(rest), 0]


def test_a_run_of_many_events_that_is_watched_only_now_is_read_in_few_pages() -> None:
    states = large(planned=2_000, batches=40)
    for number in range(40):
        post_batch(states, number)
    history = History(states, ARN)

    news = history.news()

    assert len(news) == len(states.events) > 200
    assert states.pages_read == 1


def refusal(code: str) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, "DescribeStateMachineForExecution")


class NotYetKnown(Recorded):
    """A client that does not know the execution at first. looks: how often."""

    def __init__(self, recorded: Recorded, looks: int) -> None:
        super().__init__()
        self.events, self.execution = recorded.events, recorded.execution
        self.looks = looks

    def describe_state_machine_for_execution(self, **asked: str) -> dict[str, Any]:
        self.looks -= 1
        if self.looks >= 0:
            raise refusal("ExecutionDoesNotExist")
        return super().describe_state_machine_for_execution(**asked)


def test_a_run_that_was_just_started_may_be_unknown_at_first() -> None:
    states = NotYetKnown(happy(output(row())), looks=2)

    assert follow(states, ARN, Console(file=io.StringIO()), poll_seconds=0).succeeded


def test_a_run_that_stays_unknown_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "UNKNOWN_SECONDS", 0.0)
    states = NotYetKnown(happy(output(row())), looks=9)

    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        follow(states, ARN, Console(file=io.StringIO()), poll_seconds=0)
