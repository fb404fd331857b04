"""What happens in one seed of `make chaos`: a world, what people change between runs, and how each run is disturbed.

Everything is drawn from the seed beforehand, so that nothing that happens later changes what was drawn.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contract.limits import LOOKS
from local.standins.gitlab.server import mutation
from local.standins.server import Fault, Request, StandIn
from local.standins.toggl.server import on_entries
from tests.chaos.expected import Choices
from tests.chaos.studio import HARBOUR, MISSING_IID, NOBODY, PROJECTS, TOOLS, WEBSITE, WORDS, Said, mentions, titles

DAYS = 3
"""The entries of a seed start on so many local days."""

CREATE, DELETE, ISSUE, READ, TOGGL = "timelogCreate", "timelogDelete", "createIssue", "reading GitLab", "reading Toggl"
WRITES = (CREATE, DELETE, ISSUE)
TARGETS = (*WRITES, READ, TOGGL)

LATE = "late commit"
SLOW = "slow beyond the timeout"
KILLED = "Lambda killed after sending"
KILLED_BEFORE = "Lambda killed before sending"
TIMED_OUT = "Lambda timed out"
STOPPED = "execution stopped"
UNREACHABLE = "no connection"
TWIN = "two runs at once"
TOKEN = "token refused for a whole run"

How = dict[str, Any]

ANY_FAULTS: tuple[tuple[str, str, How], ...] = (
    ("connection refused", "refused", {}),
    ("answer lost", "lost_answer", {}),
    ("error after the commit", "error_after", {"status": 502}),
    ("error after the commit", "error_after", {"status": 500}),
    ("5xx without a commit", "status", {"status": 503}),
    ("5xx without a commit", "status", {"status": 504}),
    ("truncated answer", "truncated", {}),
    ("empty answer", "empty", {}),
    ("wrong shape", "wrong_shape", {}),
    (SLOW, "unanswered", {}),
)
GITLAB_FAULTS: tuple[tuple[str, str, How], ...] = (
    ("500 with JSON", "internal_error", {}),
    ("200 with an error", "graphql_error", {}),
    ("200 with an error", "payload_error", {}),
    ("HTML", "html", {"status": 200}),
    ("HTML", "maintenance", {}),
    ("429 with Retry-After", "rate_limited", {}),
    ("429 for too long", "rate_limited", {"seconds": 4000}),
    ("429 without headers", "application_limit", {}),
    ("429 with RateLimit-Reset", "application_limit", {"headers": {}}),
    ("401", "invalid_token", {}),
    ("403", "forbidden", {}),
    ("422", "unprocessable", {}),
    ("redirect", "redirect", {}),
)
TOGGL_FAULTS: tuple[tuple[str, str, How], ...] = (
    ("Toggl 5xx", "server_error", {"status": 500}),
    ("Toggl 5xx", "server_error", {"status": 503}),
    ("Toggl quota", "quota", {}),
    ("Toggl quota for too long", "quota", {"seconds": 4000}),
    ("Toggl burst", "rate_limited", {}),
    ("Toggl feature not paid", "not_paid", {}),
    ("wrong shape", "wrong_shape", {}),
    ("wrong shape", "wrong_shape_no_id", {}),
    ("wrong shape", "wrong_shape_nulls", {}),
    ("403", "forbidden", {}),
)
_LATE_FAULTS: tuple[tuple[str, str, How], ...] = (
    (LATE, "late", {"status": 504}),
    (LATE, "late", {"status": 502}),
    (SLOW, "unanswered", {}),
)

_MATCHED = mentions((1, 2, 3), WORDS, (HARBOUR, WEBSITE, TOOLS))
_TITLED = titles()
_UNMATCHED = mentions((1, MISSING_IID), WORDS[:1], (NOBODY,))
_LATER_CHANGES = (
    "track",
    "track",
    "describe",
    "length",
    "length",
    "length",
    "start",
    "delete",
    "move",
    "begin to move",
    "close",
)
_SECONDS = (1800, 3600, 2250, 299, 300, 450, 9000, 901)
_OWN_PROJECTS = ("none", "by name", "by id", "unmapped", "left out")


@dataclass(frozen=True)
class Strike:
    """One fault: what it is called, which requests of `target` it hits (after `skip` of them, `times` in a row)."""

    label: str
    target: str
    kind: str
    how: How
    skip: int
    times: int

    def arm(self, stand_in: StandIn, silent_seconds: float) -> Fault:
        """silent_seconds: how long a connection stays without an answer, in real time."""
        how = dict(self.how)
        if how.get("headers") == {}:
            how["headers"] = {"RateLimit-Reset": str(int(time.time()) + 30)}
        if self.kind == "unanswered":
            how["silent_seconds"] = silent_seconds
        return stand_in.fail(self.kind, when=asks(self.target), skip=self.skip, times=self.times, **how)


@dataclass(frozen=True)
class Interruption:
    """An end that comes from outside: of the execution, of a Lambda, of the network.

    It comes at the request to `target` with the number `ordinal`, `times` in a row. later_seconds: when the execution
    is stopped before that request, its Lambda lives on and sends it so much later (None: it does not).
    """

    label: str
    target: str
    ordinal: int
    times: int
    later_seconds: float | None = None


@dataclass(frozen=True)
class Change:
    """Something that a person does before a run; `pick` stands for one of the entries or issues that there are."""

    what: str
    pick: int
    said: Said
    day: int
    minute: int
    seconds: int
    project: str
    path: str
    billable: bool


@dataclass(frozen=True)
class DisturbedRun:
    """One run: what people do before it, and what goes wrong in it."""

    changes: tuple[Change, ...] = ()
    strikes: tuple[Strike, ...] = ()
    interruption: Interruption | None = None
    is_twin: bool = False
    twin_starts_at: int = 1
    token_refused: bool = False


@dataclass(frozen=True)
class Schedule:
    """All of a seed. The last run, which nothing disturbs, is not listed."""

    seed: int
    choices: Choices
    runs: tuple[DisturbedRun, ...] = field(default=())


def asks(target: str) -> Callable[[Request], bool]:
    """Matches the requests that `target` names."""
    if target in WRITES:
        return mutation(target)
    return on_entries if target == TOGGL else _is_reading


def _is_reading(request: Request) -> bool:
    return not any(mutation(name)(request) for name in WRITES)


def draw(seed: int, *, deployed: bool) -> Schedule:
    """The schedule of a seed. deployed: for the whole workflow, where waits take time and the network is there."""
    dice = random.Random(f"{seed} {'workflow' if deployed else 'core'}")  # noqa: S311 - it is to be repeatable
    removes = dice.random() < 0.25
    choices = Choices(
        round_time_to_minutes=dice.choice((15, 15, 6, 0)),
        rounding_mode=dice.choice(("nearest", "nearest", "up", "down")),
        only_billable=not removes and dice.random() < 0.1,
        exclude_weekends=not removes and dice.random() < 0.1,
        remove_deleted=removes,
        auto_create_issues=dice.random() < 0.6,
    )
    first = _changes(dice, dice.randint(2, 6), ("track",))
    at_first = [CREATE, CREATE, READ, TOGGL, *([ISSUE, ISSUE] if choices.auto_create_issues else [])]
    runs = [_run(dice, first, at_first, deployed=deployed)]
    for _number in range(dice.choice((0, 1, 1, 2, 3))):
        changes = _changes(dice, dice.randint(1, 5), _LATER_CHANGES)
        runs.append(_run(dice, changes, [*at_first, DELETE, DELETE, DELETE], deployed=deployed))
    return Schedule(seed, choices, tuple(runs))


def _changes(dice: random.Random, number: int, what: tuple[str, ...]) -> tuple[Change, ...]:
    return tuple(
        Change(
            what=dice.choice(what),
            pick=dice.randrange(1000),
            said=_said(dice),
            day=dice.randrange(DAYS),
            minute=dice.randrange(24 * 60),
            seconds=dice.choice(_SECONDS),
            project=dice.choice(_OWN_PROJECTS),
            path=dice.choice(PROJECTS),
            billable=dice.random() < 0.8,
        )
        for _change in range(number)
    )


def _said(dice: random.Random) -> Said:
    kind = dice.random()
    return dice.choice(_MATCHED if kind < 0.65 else _TITLED if kind < 0.95 else _UNMATCHED)


def _run(dice: random.Random, changes: tuple[Change, ...], targets: list[str], *, deployed: bool) -> DisturbedRun:
    return DisturbedRun(
        changes,
        draw_strikes(dice, targets, deployed=deployed),
        draw_interruption(dice, targets, deployed=deployed) if dice.random() < 0.4 else None,
        is_twin=dice.random() < 0.12,
        twin_starts_at=dice.randint(1, 12),
        token_refused=dice.random() < 0.03,
    )


def draw_strikes(dice: random.Random, targets: list[str], *, deployed: bool) -> tuple[Strike, ...]:
    """The faults of one run."""
    strikes = tuple(
        _strike(dice, dice.choice(targets), deployed=deployed) for _number in range(dice.choice((1, 1, 2, 3)))
    )
    if dice.random() < 0.15:
        return _exhausting(dice, dice.choice([target for target in targets if target in WRITES]))
    return strikes


def _exhausting(dice: random.Random, target: str) -> tuple[Strike, ...]:
    """So many failures of one write that it is given up, the last of them one that is carried out late."""
    seconds = dice.randint(1, 60)
    return (
        Strike("5xx without a commit", target, "status", {"status": 503}, 0, LOOKS),
        Strike(LATE, target, "late", {"status": 504, "seconds": seconds}, 0, 1),
    )


def _strike(dice: random.Random, target: str, *, deployed: bool) -> Strike:
    faults = ANY_FAULTS + (TOGGL_FAULTS if target == TOGGL else GITLAB_FAULTS)
    if target in WRITES and dice.random() < 0.35:
        faults = _LATE_FAULTS
    label, kind, how = dice.choice(faults)
    if deployed and target not in WRITES and label == SLOW:
        label, kind, how = faults[0]
    seconds = dice.randint(1, 60)
    if kind in {"late", "unanswered"} or (kind in {"rate_limited", "quota"} and dice.random() < 0.8):
        how = {"seconds": seconds} | how
    elif kind == "quota":
        how = {"seconds": 90} | how
    times = dice.choice((1, 1, 1, 2, 3, 4, 5, 7, 12))
    return Strike(label, target, kind, how, dice.choice((0, 0, 1, 2)), times)


def draw_interruption(dice: random.Random, targets: list[str], *, deployed: bool) -> Interruption:
    """The end that comes to one run from outside."""
    labels = [KILLED, KILLED, KILLED_BEFORE, TIMED_OUT, STOPPED, STOPPED, *([] if deployed else [UNREACHABLE])]
    label = dice.choice(labels)
    target = dice.choice(targets)
    if label in {KILLED, TIMED_OUT} and target not in WRITES:
        target = CREATE
    later_seconds = dice.uniform(0, 120) if label == STOPPED and dice.random() < 0.6 else None
    return Interruption(label, target, dice.choice((1, 1, 2, 3)), dice.choice((1, 1, 1, 2, 4, 6)), later_seconds)


def labels() -> list[str]:
    """The names of all kinds of faults."""
    faults = [label for label, _kind, _how in ANY_FAULTS + GITLAB_FAULTS + TOGGL_FAULTS]
    ends = [LATE, KILLED, KILLED_BEFORE, TIMED_OUT, STOPPED, UNREACHABLE, TWIN, TOKEN]
    return list(dict.fromkeys(faults + ends))
