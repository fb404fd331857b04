"""What happens late, drawn for one seed: weeks of mornings, what people do between them, and what becomes of the runs.

Everything is drawn from the seed beforehand, as in `schedule`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from tests.chaos.expected import Choices
from tests.chaos.schedule import (
    CREATE,
    DELETE,
    ISSUE,
    READ,
    TOGGL,
    Change,
    DisturbedRun,
    draw_interruption,
    draw_strikes,
)
from tests.chaos.studio import (
    HARBOUR,
    MISSING_IID,
    NAMES,
    NOBODY,
    PROJECTS,
    TOOLS,
    WEBSITE,
    WORDS,
    Names,
    Said,
    mentions,
    titles,
)

TYPED = "typed in late"
EDITED = "edited late"
DELETED = "deleted late"
UNDELETED = "undeleted"
SPLIT = "split"
BY_MINUTES = "moved by minutes"
BY_WEEKS = "moved by weeks"
AHEAD = "planned ahead"
TIMER = "timer left running"
CLOSED = "issue closed"
MOVED = "issue moved, originals kept"
MOVED_CLEAN = "issue moved, originals removed"
COPYING = "issue moved, still copying"
EPIC = "time on an epic by hand"
VANISHED = "project vanished"
DEMOTED = "role lost"
ARCHIVED = "project archived"
CAME_BACK = "projects and roles given back"
RENAMED = "user renamed"
MISSED = "morning missed"
WEEKS_MISSED = "weeks of mornings missed"
FAILED = "morning failed"
BY_HAND = "run by hand with dates"
DRY_RUN = "dry run by hand"
MEANWHILE = "changed while a run worked"
STILL_REFUSED = "refused and told before"
NOT_VISIBLE = "red for a project that is not visible"
LATE_TAKEN_IN = "late entry taken in"
WAITED_FOR = "kept while GitLab copies"
DOUBLE_GONE = "double of a move removed"
DOUBLE_STAYS = "double of a move that stays"

LABELS = (
    TYPED,
    EDITED,
    DELETED,
    UNDELETED,
    SPLIT,
    BY_MINUTES,
    BY_WEEKS,
    AHEAD,
    TIMER,
    CLOSED,
    MOVED,
    MOVED_CLEAN,
    COPYING,
    EPIC,
    VANISHED,
    DEMOTED,
    ARCHIVED,
    CAME_BACK,
    RENAMED,
    MISSED,
    WEEKS_MISSED,
    FAILED,
    BY_HAND,
    DRY_RUN,
    MEANWHILE,
    STILL_REFUSED,
    NOT_VISIBLE,
    LATE_TAKEN_IN,
    WAITED_FOR,
    DOUBLE_GONE,
    DOUBLE_STAYS,
)
"""What a full run has to meet, beside the faults."""

IN_TOGGL = (
    *("track",) * 6,
    *("type late",) * 5,
    *("describe",) * 3,
    *("length",) * 3,
    "project",
    "billable",
    *("move by minutes",) * 3,
    *("move by weeks",) * 3,
    *("delete",) * 2,
    *("undelete",) * 2,
    *("split",) * 2,
    "start timer",
    "stop timer",
    "plan ahead",
)
IN_GITLAB = (
    "close",
    *("move issue",) * 3,
    *("begin to move",) * 3,
    "log on epic",
    *("vanish",) * 2,
    *("demote",) * 4,
    *("archive",) * 2,
    *("give back",) * 3,
    "rename user",
)
SECONDS = (1800, 3600, 2250, 299, 300, 450, 9000, 901)
OWN_PROJECTS = ("none", "none", "by name", "by id", "unmapped", "left out")
_HISTORY_DAYS, _LATE_DAYS = 12, 34


def _is_plain(said: Said) -> bool:
    """Whether an entry still names the same when a project is not visible: not by an issue's title or a part of a path.

    Nor by its task, which Toggl has in projects only.
    """
    if said.task is not None:
        return False
    if not isinstance(said.meaning, Names) or said.meaning.path is None:
        return True
    return any(name in (said.text or "") for name in (said.meaning.path, NAMES[said.meaning.path]))


_MATCHED = [said for said in mentions((1, 2, 3), WORDS[:2], (HARBOUR, WEBSITE, TOOLS)) if _is_plain(said)]
_TITLED = titles()
_UNMATCHED = [said for said in mentions((1, MISSING_IID), WORDS[:1], (NOBODY,)) if _is_plain(said)]

SAID = (*_MATCHED, *_TITLED, *_UNMATCHED)


@dataclass(frozen=True)
class When:
    """Somewhere between the end of a run (0) and the start of the next one (1), and some seconds off."""

    part: float
    seconds: int = 0


@dataclass(frozen=True)
class Happening:
    """Something that a person does; days: how long ago what it is about was (or will be, when negative)."""

    when: When
    change: Change
    days: int
    shift_minutes: int


@dataclass(frozen=True)
class Turn:
    """What happens until a run, and the run.

    kind: a morning of the schedule, or a run by hand. days_later: so many mornings on (1: the next one). late_seconds:
    how long after its scheduled time it starts. days: of a run by hand, the first and the last, days ago.
    meanwhile: what happens at the request of this number while the run works.
    """

    kind: Literal["morning", "by hand", "dry run"]
    happenings: tuple[Happening, ...]
    run: DisturbedRun
    days_later: int = 1
    late_seconds: int = 0
    days: tuple[int, int] | None = None
    meanwhile: tuple[tuple[int, Happening], ...] = ()


@dataclass(frozen=True)
class Weeks:
    """All of a seed. The last mornings, which nothing disturbs, are not listed.

    originals_stay, undelete_keeps_id, since_has_names, running_everywhere: the habits of the two services.
    """

    seed: int
    choices: Choices
    turns: tuple[Turn, ...]
    originals_stay: bool
    undelete_keeps_id: bool
    since_has_names: bool
    running_everywhere: bool

    @property
    def last_day(self) -> int:
        """Surely so many days after the first one, all is over."""
        return sum(turn.days_later if turn.kind == "morning" else 1 for turn in self.turns) + 5


def has_weeks(seed: int) -> bool:
    """Two seeds of three are weeks of mornings, the others some runs over the same dates."""
    return seed % 3 != 0


DEPLOYED_CHOICES = (
    Choices(),
    Choices(remove_deleted=True),
    Choices(round_time_to_minutes=6, remove_deleted=True, auto_create_issues=True),
)
"""Of the deployments of the whole workflow: a run that overrides settings counts for nothing."""


def choices_of(seed: int) -> Choices:
    """Which deployment a seed of the whole workflow plays on."""
    return DEPLOYED_CHOICES[seed // 3 % len(DEPLOYED_CHOICES)]


def draw_weeks(seed: int, *, deployed: bool, choices: Choices | None = None) -> Weeks:
    """The weeks of a seed. deployed: for the whole workflow, whose deployment has these choices."""
    dice = random.Random(f"{seed} weeks {'workflow' if deployed else 'core'}")  # noqa: S311 - it is to be repeatable
    drawn = choices or Choices(
        round_time_to_minutes=dice.choice((15, 15, 6, 0)),
        rounding_mode=dice.choice(("nearest", "nearest", "up", "down")),
        only_billable=dice.random() < 0.1,
        exclude_weekends=dice.random() < 0.1,
        remove_deleted=dice.random() < 0.5,
        auto_create_issues=dice.random() < 0.4,
    )
    turns = [_turn(dice, number, drawn, deployed=deployed) for number in range(dice.choice((2, 3, 3, 4, 5)))]
    return Weeks(
        seed,
        drawn,
        tuple(turns),
        originals_stay=dice.random() < 0.7,
        undelete_keeps_id=dice.random() < 0.5,
        since_has_names=dice.random() < 0.7,
        running_everywhere=dice.random() < 0.7,
    )


def _turn(dice: random.Random, number: int, choices: Choices, *, deployed: bool) -> Turn:
    happenings = (
        [_happening(dice, "track", days=dice.randrange(_HISTORY_DAYS)) for _n in range(3)] if number == 0 else []
    )
    happenings += [_happening(dice, dice.choice(IN_TOGGL)) for _n in range(dice.randint(1, 5))]
    if number > 0:
        happenings += [_happening(dice, dice.choice(IN_GITLAB)) for _n in range(dice.choice((0, 0, 1, 1, 2)))]
    kind = dice.choice(("morning",) * 7 + ("by hand", "by hand", "dry run")) if number else "morning"
    run = _run(dice, choices, deployed=deployed) if dice.random() < 0.55 and kind != "dry run" else DisturbedRun()
    first = dice.randint(0, 20)
    return Turn(
        kind=kind,
        happenings=tuple(sorted(happenings, key=lambda one: (one.when.part, one.when.seconds))),
        run=run,
        # Toggl's list reaches back for 85 days of real time, in which the whole workflow lives.
        days_later=dice.choice((1,) * 12 + (2, 2, 3, 6, 12) + (() if deployed else (12, 34, 40))) if number else 1,
        late_seconds=dice.choice((0, 0, 5, 20, 300, 1800) + (() if deployed else (-20,))),
        days=None if kind == "morning" else (first, dice.randint(0, first)),
        meanwhile=()
        if deployed or dice.random() < 0.8
        else ((dice.randint(1, 12), _happening(dice, dice.choice(IN_TOGGL))),),
    )


def _run(dice: random.Random, choices: Choices, *, deployed: bool) -> DisturbedRun:
    targets = [CREATE, CREATE, CREATE, READ, TOGGL, TOGGL, DELETE, *([ISSUE] if choices.auto_create_issues else [])]
    return DisturbedRun(
        strikes=draw_strikes(dice, targets, deployed=deployed),
        interruption=draw_interruption(dice, targets, deployed=deployed) if dice.random() < 0.4 else None,
        is_twin=dice.random() < 0.12,
        twin_starts_at=dice.randint(1, 12),
        token_refused=dice.random() < 0.05,
    )


def _happening(dice: random.Random, what: str, days: int | None = None) -> Happening:
    when = dice.choice(
        (
            When(dice.random()),
            When(dice.random()),
            When(0, dice.randint(1, 700)),
            When(1, -dice.randint(1, 700)),
            When(1, -dice.randint(1, 12)),
        )
    )
    minutes = dice.choice((-90, -30, -5, 1, 7, 45, 120))
    weeks = dice.randint(3, 30) * 24 * 60 * dice.choice((-1, 1)) + dice.randrange(600)
    return Happening(
        when=when,
        days=dice.choice((dice.randrange(3), dice.randint(2, _LATE_DAYS))) if days is None else days,
        shift_minutes=minutes if what == "move by minutes" else weeks,
        change=Change(
            what=what,
            pick=dice.randrange(1000),
            said=_said(dice),
            day=0,
            minute=dice.randrange(24 * 60),
            seconds=dice.choice(SECONDS),
            project=dice.choice(OWN_PROJECTS),
            path=dice.choice(PROJECTS),
            billable=dice.random() < 0.8,
        ),
    )


def _said(dice: random.Random) -> Said:
    kind = dice.random()
    return dice.choice(_MATCHED if kind < 0.75 else _TITLED if kind < 0.95 else _UNMATCHED)
