"""Whatever people do late and whatever breaks, the mornings after it make GitLab equal to the expected ledger.

PROOF_EXAMPLES=2000 tries so many random examples instead of the usual fixed few.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.chaos.core import InProcess
from tests.chaos.expected import Choices
from tests.chaos.happenings import IN_GITLAB, IN_TOGGL, OWN_PROJECTS, SAID, SECONDS, Happening, Turn, Weeks, When
from tests.chaos.mornings import Mornings
from tests.chaos.random_ways import play
from tests.chaos.schedule import (
    ANY_FAULTS,
    CREATE,
    DELETE,
    KILLED_BEFORE,
    READ,
    STOPPED,
    TOGGL,
    UNREACHABLE,
    Change,
    DisturbedRun,
    Interruption,
    Strike,
)
from tests.chaos.studio import PROJECTS, Studio
from tests.workflow.in_process import Clock

STARTED_AT = datetime(2026, 3, 31, 10, tzinfo=UTC)

TARGETS = st.sampled_from([CREATE, CREATE, DELETE, READ, TOGGL])
WHENS = st.one_of(
    st.builds(When, part=st.sampled_from([0.25, 0.5, 0.75])),
    st.builds(When, part=st.just(0), seconds=st.integers(1, 700)),
    st.builds(When, part=st.just(1), seconds=st.integers(-700, -1)),
)
CHOICES = st.builds(
    Choices,
    remove_deleted=st.booleans(),
    auto_create_issues=st.booleans(),
    only_billable=st.sampled_from([False, True]),
)


def _happenings(what: tuple[str, ...]) -> st.SearchStrategy[Happening]:
    change = st.builds(
        Change,
        what=st.sampled_from(what),
        pick=st.integers(0, 30),
        said=st.integers(0, len(SAID) - 1).map(SAID.__getitem__),
        day=st.just(0),
        minute=st.integers(0, 1439),
        seconds=st.sampled_from(SECONDS),
        project=st.sampled_from(OWN_PROJECTS),
        path=st.sampled_from(PROJECTS),
        billable=st.sampled_from([True, True, False]),
    )
    minutes = st.one_of(st.integers(-120, 120), st.integers(-40_000, 40_000))
    return st.builds(Happening, when=WHENS, change=change, days=st.integers(0, 34), shift_minutes=minutes)


HAPPENINGS = st.lists(st.one_of(_happenings(IN_TOGGL), _happenings(IN_TOGGL), _happenings(IN_GITLAB)), max_size=4)
STRIKES = st.builds(
    lambda fault, target, skip, times: Strike(fault[0], target, fault[1], {"seconds": 30} | fault[2], skip, times),
    st.sampled_from([fault for fault in ANY_FAULTS if fault[1] != "unanswered"]),
    TARGETS,
    st.integers(0, 2),
    st.sampled_from([1, 2, 4, 12]),
)
INTERRUPTIONS = st.builds(
    Interruption,
    label=st.sampled_from([KILLED_BEFORE, STOPPED, UNREACHABLE]),
    target=TARGETS,
    ordinal=st.integers(1, 3),
    times=st.sampled_from([1, 2, 6]),
)
DISTURBED = st.builds(
    DisturbedRun, strikes=st.lists(STRIKES, max_size=2).map(tuple), interruption=st.one_of(st.none(), INTERRUPTIONS)
)


class Late(RuleBasedStateMachine):
    """People who change any of the last weeks' time, and mornings of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.studio = Studio(Clock(STARTED_AT))
        self.studio.__enter__()
        self.mornings: Mornings | None = None

    def teardown(self) -> None:
        try:
            if self.mornings is not None:
                self.mornings.come_to_rest()
                self._check()
        finally:
            self.studio.__exit__()

    @initialize(choices=CHOICES, stay=st.booleans(), keeps=st.booleans(), names=st.booleans(), everywhere=st.booleans())
    def begin(self, *, choices: Choices, stay: bool, keeps: bool, names: bool, everywhere: bool) -> None:
        weeks = Weeks(0, choices, (), stay, keeps, names, everywhere)
        self.mornings = Mornings(weeks, InProcess(self.studio, choices))

    @rule(happenings=HAPPENINGS, days_later=st.sampled_from([1, 1, 1, 2, 9, 33]), late=st.sampled_from([0, -20, 600]))
    def have_a_morning(self, happenings: list[Happening], days_later: int, late: int) -> None:
        self._turn(Turn("morning", tuple(happenings), DisturbedRun(), days_later, late))

    @rule(happenings=HAPPENINGS, run=DISTURBED, days_later=st.sampled_from([1, 1, 1, 2, 9]))
    def have_a_disturbed_morning(self, happenings: list[Happening], run: DisturbedRun, days_later: int) -> None:
        self._turn(Turn("morning", tuple(happenings), run, days_later))

    @rule(happenings=HAPPENINGS, at=st.integers(1, 12), meanwhile=_happenings(IN_TOGGL))
    def have_a_morning_on_which_people_type(self, happenings: list[Happening], at: int, meanwhile: Happening) -> None:
        self._turn(Turn("morning", tuple(happenings), DisturbedRun(), meanwhile=((at, meanwhile),)))

    @rule(
        happenings=HAPPENINGS,
        days=st.tuples(st.integers(0, 20), st.integers(0, 20)),
        kind=st.sampled_from(["by hand", "by hand", "dry run"]),
    )
    def run_by_hand(self, happenings: list[Happening], days: tuple[int, int], kind: str) -> None:
        first, last = max(days), min(days)
        self._turn(Turn(kind, tuple(happenings), DisturbedRun(), days=(first, last)))  # type: ignore[arg-type]

    def _turn(self, turn: Turn) -> None:
        assert self.mornings is not None
        self.mornings.turn(turn)
        self._check()

    def _check(self) -> None:
        assert self.mornings is not None
        assert list(self.mornings.judge.findings) == []


def test_nothing_that_happens_late_is_lost_double_or_misplaced() -> None:
    play(Late, examples=6, steps=10)
