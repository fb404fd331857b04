"""What `make bench` measures on a deployment can be measured, and a figure of a run that went wrong is refused."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from bench import large, posting, quiet
from bench.measure import Measured
from bench.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as started:
        yield started


@pytest.fixture(autouse=True)
def _one_deployment_for_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin_again()
    for subject in (quiet, posting, large):
        monkeypatch.setattr(subject, "World", lambda **_context: nullcontext(world))


def _by_name(measured: list[Measured]) -> dict[str, tuple[float, ...]]:
    return {one.what: one.values for one in measured}


def test_a_quiet_morning_asks_each_service_and_posts_nothing() -> None:
    found = _by_name(quiet.measure(1, large=False))

    assert (found["requests to Toggl"], found["requests to GitLab"]) == ((2,), (3,))
    assert found["transitions"][0] < found["events of the history"][0]


def test_posting_is_held_against_what_gitlab_takes_and_against_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LATENCIES", {0.1: "<= 1.4"})
    monkeypatch.setattr(posting, "SIZES", (100,))
    monkeypatch.setattr(posting, "_sequential", lambda *_what: 30.0)

    found = _by_name(posting.measure(1, large=False))

    assert found["100 at 100 ms: first to last write / (N x L / c)"][0] >= 1
    assert found["ratio of the two"] == (found["100 at 100 ms: the whole warm run"][0] / 30,)


def test_a_large_history_is_posted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "STOPS", ())

    found = _by_name(large.play(420))

    assert found["writes that GitLab got"] == (420,)
    assert found["events of the history, run 1"][0] < 25_000
