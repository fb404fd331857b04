"""The mail about what a finished day has left out: who is in it, once, and what nobody can do by a description."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.settings import Settings
from contract.state import TOLD_AT_MOST, Pending, SyncState, Version
from contract.vocabulary import EntryWarning, Outcome, Reason
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.place import Target
from functions.shared.model.plan import Create, Fail, Item, Keep, Plan, Skip
from functions.shared.model.row import Row
from functions.shared.text import one_line
from functions.transform.left_out import LeftOutMail, left_out_mail

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
"""Of a Friday: Thursday is what it finishes."""
YESTERDAY = datetime(2026, 11, 19, 10, tzinfo=UTC)
DAY = timedelta(days=1)
CHANGED = YESTERDAY + timedelta(hours=1)
SETTINGS = Settings.from_context({"left_out_mail": True, "alarm_email": "mira@example.com"})
STATE = SyncState(synced_through=date(2026, 11, 18))
PROGRESS = Progress(date(2026, 11, 19), date(2026, 11, 18), changes_seen=MORNING)
WINDOW = Window(YESTERDAY.replace(hour=0), MORNING, "UTC", changes_since=MORNING - DAY)
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")


def _entry(entry_id: int, description: str = "Call", start: datetime = YESTERDAY, **more: Any) -> TimeEntry:
    stop = start + timedelta(minutes=30)
    given = TimeEntry(entry_id, start, stop, 1800, description, True, 7, None, None, CHANGED)
    return replace(given, **more)


def _row(entry: TimeEntry, outcome: Outcome, **more: Any) -> Row:
    return Row(entry.id, outcome, None, entry.seconds, entry.start, tracked_seconds=entry.seconds, **more)


def _skipped(entry: TimeEntry, reason: str = Reason.NO_ISSUE) -> Item:
    return Skip(_row(entry, Outcome.SKIPPED, reason=reason))


def _logged(entry: TimeEntry) -> Item:
    row = _row(entry, Outcome.CREATED, on_gitlab=entry.seconds, planned=entry.seconds)
    return Create(row, LOGIN, f"[toggl:{entry.id}]")


def _fetched(entries: Iterable[TimeEntry], **more: Any) -> Fetched:
    given = {"settings": SETTINGS, "window": WINDOW, "progress": PROGRESS, "now": MORNING}
    return Fetched(**{**given, "entries": tuple(entries), **more})


def _mail(
    *entries: TimeEntry, state: SyncState = STATE, reason: str = Reason.NO_ISSUE, **more: Any
) -> LeftOutMail | None:
    """Of a run that has left out these."""
    return left_out_mail(_fetched(entries, **more), Plan(tuple(_skipped(one, reason) for one in entries)), state)


def _sent(*entries: TimeEntry, **more: Any) -> LeftOutMail:
    mail = _mail(*entries, **more)
    assert mail is not None
    return mail


def _lines(mail: LeftOutMail) -> list[str]:
    return [line for line in mail.text.split("\n") if line.startswith("- ")]


def test_the_mail_says_of_each_entry_the_day_how_long_its_text_why_and_what_to_do() -> None:
    call, night = _entry(1), _entry(2, "", stop=YESTERDAY + timedelta(hours=25, minutes=2, seconds=5))
    plan = Plan((_skipped(call), _skipped(night, Reason.TOO_LONG), _logged(_entry(3, stop=YESTERDAY + 2 * DAY))))

    mail = left_out_mail(_fetched([call, night, _entry(3)]), plan, STATE)

    assert mail is not None
    assert mail.subject == "toggl-gitlab-sync-prod: 2 entries left out"
    assert mail.text == (
        "toggl-gitlab-sync-prod has finished the days up to 2026-11-19. 2 entries (25:32:05 in all) were left out that"
        " you can still do something about.\n"
        "\n"
        "too_long: it is longer than maximum_duration, like a forgotten timer\n"
        "What to do: correct its times in Toggl, or raise the setting\n"
        "- 2026-11-19 Thu, 25:02:05, without a description\n"
        "\n"
        "no_issue: neither the description, the task nor a tag names an issue, and no issue has the description as its"
        " title\n"
        "What to do: put the issue's number into the description\n"
        '- 2026-11-19 Thu, 0:30:00, "Call"\n'
        "\n"
        "The next run takes in what you change in Toggl, up to 31 days back. When you change a setting or something in"
        " GitLab, start a run by hand with the start_date and end_date of its days.\n"
        "\n"
        "Each entry is told once, and again when it was changed and is still left out. To get no more of these mails,"
        " deploy with left_out_mail=false.\n"
    )


def test_one_entry_is_one() -> None:
    mail = _sent(_entry(1))

    assert mail.subject.endswith(": 1 entry left out")
    assert " 1 entry (0:30:00) was left out that " in mail.text


def test_without_late_changes_a_run_by_hand_is_the_only_way() -> None:
    settings = replace(SETTINGS, catch_up_days=0)

    assert "\n\nWhen you have changed something, start a run by hand" in _sent(_entry(1), settings=settings).text


@pytest.mark.parametrize("reason", Reason)
def test_what_nobody_can_do_anything_about_is_not_told(reason: Reason) -> None:
    assert (_mail(_entry(1), reason=reason) is not None) == (reason.advice != "")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"settings": replace(SETTINGS, left_out_mail=False)}, STATE),
        ({"progress": None}, STATE),
        ({"progress": PROGRESS._replace(changes_seen=None)}, SyncState(synced_through=date(2026, 11, 19))),
    ],
)
def test_a_run_without_the_setting_or_that_finishes_nothing_tells_nothing(
    changes: dict[str, Any], state: SyncState
) -> None:
    assert _mail(_entry(1), state=state, **changes) is None


def test_what_failed_or_is_being_moved_is_told_elsewhere() -> None:
    unseen, moving = _entry(1), _entry(2)
    plan = Plan(
        (
            Fail(_row(unseen, Outcome.FAILED, reason=Reason.PROJECT_NOT_VISIBLE)),
            Keep(_row(moving, Outcome.KEPT, reason=Reason.NO_ISSUE, warning=EntryWarning.MOVE_IN_PROGRESS)),
            Keep(_row(_entry(3), Outcome.KEPT, reason=Reason.NO_ISSUE, gone=True)),
        )
    )

    assert left_out_mail(_fetched([unseen, moving, _entry(3)]), plan, STATE) is None


@pytest.mark.parametrize(
    ("issue", "place"),
    [("acme/shop#12", "acme/shop#12"), (None, "GitLab"), ("a\nb#1", "a b#1"), ("a" * 121, "a" * 117 + "...")],
)
def test_one_that_is_left_out_only_now_says_where_its_earlier_time_stays(issue: str | None, place: str) -> None:
    row = _row(_entry(1), Outcome.KEPT, reason=Reason.NO_ISSUE, on_gitlab=1800)._replace(issue=issue)

    mail = left_out_mail(_fetched([_entry(1)]), Plan((Keep(row),)), STATE)

    assert mail is not None
    assert _lines(mail) == ['- 2026-11-19 Thu, 0:30:00, "Call", its earlier time stays on ' + place]


# Which days.


@pytest.mark.parametrize(
    ("days_ago", "days_back", "is_told"),
    [(0, 1, False), (1, 1, True), (2, 7, False), (3, 1, True)],
    ids=["today is not finished", "yesterday", "a day that was finished before", "a late one"],
)
def test_the_days_that_are_finished_now_and_what_came_late_are_told(
    days_ago: int, days_back: int, *, is_told: bool
) -> None:
    window = replace(WINDOW, start=WINDOW.end.replace(hour=0) - days_back * DAY)
    entry = _entry(1, start=MORNING - timedelta(hours=1) - days_ago * DAY, at=MORNING - 5 * DAY)

    assert (_mail(entry, window=window) is not None) == is_told


@pytest.mark.parametrize(("changed", "pending", "is_told"), [(0, (), True), (2, (), False), (2, (1,), True)])
def test_in_the_window_a_finished_days_entry_is_late_when_it_was_changed_or_pending(
    changed: int, pending: tuple[int, ...], *, is_told: bool
) -> None:
    window = replace(WINDOW, start=WINDOW.start - 7 * DAY)
    entry = _entry(1, start=YESTERDAY - 3 * DAY, at=MORNING - changed * DAY)
    refused = [Pending(one, None, "no_permission") for one in pending]

    assert (_mail(entry, window=window, pending=tuple(refused)) is not None) == is_told


def test_late_ones_are_told_by_a_second_run_of_the_day_too() -> None:
    second = SyncState(synced_through=date(2026, 11, 19))

    assert _mail(_entry(1, at=MORNING), state=second) is not None
    assert _mail(_entry(1, at=MORNING - 2 * DAY), state=second) is None


def test_a_timer_that_holds_days_back_holds_no_late_ones_back() -> None:
    held = PROGRESS._replace(through=date(2026, 11, 10))

    mail = _sent(_entry(1, start=YESTERDAY - 3 * DAY), progress=held)

    assert mail.text.startswith("This run left out more")
    assert "has finished the days up to 2026-11-18." in mail.text


def test_days_are_those_of_the_settings_time_zone() -> None:
    settings = replace(SETTINGS, timezone="Pacific/Auckland")
    midnight_there = datetime(2026, 11, 19, 11, tzinfo=UTC)

    assert _mail(_entry(1, start=midnight_there), settings=settings) is None
    assert "2026-11-19 Thu" in _sent(_entry(1, start=midnight_there - timedelta(hours=1)), settings=settings).text


def test_the_first_run_tells_of_the_days_since_its_beginning() -> None:
    begins = PROGRESS._replace(begins=date(2026, 11, 15))
    window = replace(WINDOW, start=WINDOW.start - 9 * DAY)

    days = [_entry(number, start=YESTERDAY - number * DAY, at=MORNING - 9 * DAY) for number in range(1, 7)]

    mail = _sent(*days, state=SyncState(), progress=begins, window=window)
    assert [line[:12] for line in _lines(mail)] == ["- 2026-11-16", "- 2026-11-17", "- 2026-11-18"]


# The first line.


@pytest.mark.parametrize(("logged", "is_told"), [(1799, True), (1800, False), (1801, False)])
def test_a_run_that_leaves_out_more_than_it_logs_says_so_in_the_first_line(logged: int, *, is_told: bool) -> None:
    left_out, other = _entry(1), _entry(2, stop=YESTERDAY + timedelta(seconds=logged))

    mail = left_out_mail(_fetched([left_out, other]), Plan((_skipped(left_out), _logged(other))), STATE)

    assert mail is not None
    first = "This run left out more than it logged: 0:30:00 left out, 0:29:59 on GitLab.\n"
    assert mail.text.startswith(first) == is_told
    assert ("more than it logged" in mail.text) == is_told


# Once.


def test_a_version_that_was_told_is_not_told_again_but_a_later_one_is() -> None:
    first = _sent(_entry(1), _entry(2))
    state = STATE._replace(told=first.told)

    assert _mail(_entry(1), _entry(2), state=state) is None
    changed = _sent(_entry(1), _entry(2, "Longer call", at=MORNING), state=state)
    assert _lines(changed) == ['- 2026-11-19 Thu, 0:30:00, "Longer call"']
    assert set(changed.told) == {Version(1, CHANGED), Version(2, MORNING)}


def test_what_was_told_is_forgotten_after_31_days_unless_it_comes_again() -> None:
    old, again, recent = (Version(number, MORNING - days * DAY) for number, days in ((7, 32), (8, 32), (9, 31)))
    state = STATE._replace(told=(old, again, recent))

    told = _sent(_entry(1), _entry(8, at=again.at), state=state).told

    assert set(told) == {Version(1, CHANGED), again, recent}


def test_an_entry_of_which_toggl_does_not_say_when_it_was_changed_is_told_and_not_remembered() -> None:
    assert _sent(_entry(1, at=None)).told == ()


def test_the_item_keeps_the_versions_that_were_changed_last() -> None:
    entries = [_entry(number, at=CHANGED + timedelta(seconds=number)) for number in range(TOLD_AT_MOST + 5)]

    told = _sent(*entries).told

    assert [version.id for version in told] == list(range(5, TOLD_AT_MOST + 5))


def test_what_travels_are_three_texts_and_the_item_reads_what_was_told() -> None:
    mail = _sent(_entry(1))

    travelling = mail.to_json()

    assert travelling == {"subject": mail.subject, "text": mail.text, "told": '[[1,"2026-11-19T11:00:00Z"]]'}
    assert SyncState.from_texts({"told": travelling["told"]}).told == mail.told


# Whatever the descriptions are.


def test_a_description_cannot_add_a_line_nor_turn_the_text_around() -> None:
    mail = _sent(_entry(1, 'x\r\nSubject: y\n\n- 2026-11-19 Thu, 9:00:00, "z\u202e\u2028\x1b[2J'), _entry(2))

    assert len(_lines(mail)) == 2
    assert _lines(mail)[0].startswith('- 2026-11-19 Thu, 0:30:00, "x Subject: y - 2026-11-19')
    assert not {"\r", "\u202e", "\x1b"} & set(mail.text)
    assert len(mail.text.splitlines()) == len(_sent(_entry(1), _entry(2)).text.splitlines())


@pytest.mark.parametrize(("length", "shown"), [(80, "x" * 80), (81, "x" * 77 + "...")])
def test_a_long_description_is_cut(length: int, shown: str) -> None:
    assert _lines(_sent(_entry(1, "x" * length))) == [f'- 2026-11-19 Thu, 0:30:00, "{shown}"']


@pytest.mark.parametrize(("count", "more"), [(100, None), (101, 1), (800, 700)])
def test_at_most_100_are_listed_and_the_others_counted(count: int, more: int | None) -> None:
    mail = _sent(*(_entry(number) for number in range(count)))

    assert len(_lines(mail)) == 100
    assert (f"And {more} more, which" in mail.text) == (more is not None)
    assert ("more, which" in mail.text) == (more is not None)
    assert mail.subject.endswith(f": {count} entries left out")


def test_a_mail_of_long_descriptions_lists_what_fits_into_the_state() -> None:
    mail = _sent(*(_entry(number, "木" * 300) for number in range(100)))

    listed = len(_lines(mail))
    assert 16_000 < len("\n".join(_lines(mail)).encode()) <= 16 * 1024
    assert f"And {100 - listed} more, which" in mail.text


_texts = st.text(max_size=120) | st.text('木😀\n"\\', min_size=80, max_size=300)


@without_deadline
@given(st.lists(st.tuples(_texts, st.sampled_from(Reason), st.integers(0, 40)), max_size=150))
def test_a_mail_is_bounded_and_clean_and_the_same_run_again_tells_nothing(
    given_: list[tuple[str, Reason, int]],
) -> None:
    entries = [
        _entry(number, text, start=YESTERDAY - days * DAY, at=MORNING - days * DAY)
        for number, (text, _reason, days) in enumerate(given_)
    ]
    plan = Plan(tuple(_skipped(one, reason) for one, (_text, reason, _days) in zip(entries, given_, strict=True)))

    mail = left_out_mail(_fetched(entries), plan, STATE)

    told_of = [reason for _text, reason, _days in given_ if reason.advice]
    assert (mail is not None) == bool(told_of)
    if mail is None:
        return
    assert len(_lines(mail)) <= min(len(told_of), 100)
    assert len(json.dumps(mail.to_json(), ensure_ascii=False).encode()) < 48 * 1024
    assert mail.subject.isascii()
    assert mail.subject.isprintable()
    assert len(mail.subject) < 100
    assert [line for line in mail.text.split("\n") if one_line(line) != line] == []
    assert left_out_mail(_fetched(entries), plan, STATE._replace(told=mail.told)) is None
