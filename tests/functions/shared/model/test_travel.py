"""How the types travel: nothing is lost on the way, and versions of the code that differ understand each other."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from datetime import UTC, datetime
from typing import Any, Protocol, Self

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

import functions.shared.model
from contract.errors import InvalidSettings
from contract.settings import Settings
from contract.state import Pending, Version
from contract.vocabulary import EntryWarning, Outcome
from contract.writes import Recorded
from functions.shared.model.entry import Span, TimeEntry, Window
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, IfRefused, Replace, Write, write_from_json, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

START = datetime(2026, 11, 20, 9, tzinfo=UTC)

instants = st.datetimes(
    datetime(2006, 1, 1),  # noqa: DTZ001 - the zone comes with the offset
    datetime(2030, 12, 30),  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
targets = st.builds(Target, texts, texts)
posted = st.builds(Posted, texts, instants)
new_issues = st.builds(NewIssue, texts, texts, texts)
versions = st.builds(Version, st.integers(1), instants)
spans = st.builds(Span, instants, instants)
pending = st.builds(Pending, st.integers(1), st.none() | instants, texts)
progresses = st.builds(
    Progress,
    through=st.dates(),
    day_before=st.dates(),
    has_gap=st.booleans(),
    begins=st.none() | st.dates(),
    changes_seen=st.none() | instants,
    seen=st.lists(versions, max_size=3).map(tuple),
)
rows = st.builds(
    Row,
    entry_id=st.integers(1),
    outcome=st.sampled_from(Outcome),
    issue=st.none() | texts,
    seconds=st.integers(0),
    spent_at=instants,
    reason=st.none() | texts,
    warning=st.none() | st.sampled_from(EntryWarning),
    gone=st.booleans(),
    tracked_seconds=st.integers(0),
    on_gitlab=st.integers(0),
    before=st.integers(0),
    planned=st.none() | st.integers(0),
)
entries = st.builds(
    TimeEntry,
    id=st.integers(1),
    start=instants,
    stop=st.none() | instants,
    duration_seconds=st.integers(),
    description=texts,
    billable=st.booleans(),
    workspace_id=st.integers(1),
    project_id=st.none() | st.integers(1),
    project_name=st.none() | texts,
    at=st.none() | instants,
)
windows = st.builds(
    Window,
    start=instants,
    end=instants,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
    gap=st.none() | st.tuples(st.dates(), st.dates()).map(lambda days: (days[0].isoformat(), days[1].isoformat())),
    changes_since=st.none() | instants,
)
everything_fetched = st.builds(
    Fetched,
    settings=st.just(Settings.from_context({"remove_deleted": True, "project_map": {"Shop": "acme/shop"}})),
    window=windows,
    entries=st.lists(entries, max_size=3).map(tuple),
    progress=st.none() | progresses,
    overrides=st.lists(texts, max_size=2).map(tuple),
    accept_new_user=st.booleans(),
    allow_removals=st.booleans(),
    deleted_ids=st.lists(st.integers(1), max_size=3).map(tuple),
    toggl_quota_left=st.none() | st.integers(0),
    is_dated=st.booleans(),
    now=st.none() | instants,
    earliest_start=st.none() | instants,
    ledger=st.none() | spans,
    pending=st.lists(pending, max_size=3).map(tuple),
)
if_refused = st.builds(IfRefused, st.none() | instants, st.none() | texts)
some_posted = st.lists(posted, max_size=3).map(tuple)
writes = st.one_of(
    st.builds(Create, rows, targets, texts, some_posted, st.none() | if_refused),
    st.builds(Replace, rows, targets, texts, some_posted, st.none() | if_refused, some_posted),
    st.builds(Delete, rows, some_posted, st.none() | if_refused),
)


class Travelling(Protocol):
    def to_json(self) -> Any: ...

    @classmethod
    def from_json(cls, value: Any) -> Self: ...


@without_deadline
@given(
    st.one_of(
        targets,
        posted,
        new_issues,
        progresses,
        rows,
        entries,
        windows,
        spans,
        if_refused,
        pending,
        versions,
        everything_fetched,
    )
)
def test_what_crosses_between_states_survives_its_json(value: Travelling) -> None:
    assert type(value).from_json(json.loads(json.dumps(value.to_json()))) == value


@without_deadline
@given(writes)
def test_a_write_survives_its_json(write: Write) -> None:
    assert write_from_json(json.loads(json.dumps(write_to_json(write)))) == write


WINDOW = Window(START, START, "UTC", ("2026-11-01", "2026-11-02"), START)
ENTRY = TimeEntry(1, START, START, 0, "#12", True, 7, 8, "Web Shop", START)
ROW = Row(1, Outcome.KEPT, "acme/shop#12", 1800, START, "x", EntryWarning.DIFFERS, gone=True)
TARGET = Target("gid://gitlab/Issue/1012", "acme/shop#12")
POSTED = Posted("gid://gitlab/Timelog/5", START, 900, was_moved=True, may_be_deleted=False)
VERSION = Version(1, START)
PENDING = Pending(1, START, "no_permission")
SPAN = Span(START, START)
PROGRESS = Progress(START.date(), START.date(), has_gap=True, begins=START.date(), changes_seen=START, seen=(VERSION,))
FETCHED = Fetched(
    settings=Settings(),
    window=WINDOW,
    entries=(ENTRY,),
    progress=PROGRESS,
    deleted_ids=(7,),
    toggl_quota_left=3,
    is_dated=True,
    now=START,
    earliest_start=START,
    ledger=SPAN,
    pending=(PENDING,),
)
LOST = Recorded.of("AmbiguousWrite", "perhaps")
TRAVELLING: list[Travelling] = [
    *(WINDOW, ENTRY, ROW, TARGET, POSTED, PROGRESS, FETCHED, SPAN, PENDING, VERSION),
    NewIssue("0123456789abcdef", "acme/shop", "Fix login"),
    IfRefused(START, "no_permission"),
    *(WriteOutcome(ROW, 2), WriteOutcome.failed(ROW, LOST), LOST),
]


def with_more(value: Any) -> Any:
    """The value with a key that nobody knows in every object but the settings."""
    if isinstance(value, list):
        return [with_more(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: item if key == "settings" else with_more(item) for key, item in value.items()} | {"of_tomorrow": [1]}


@pytest.mark.parametrize("value", TRAVELLING, ids=lambda value: type(value).__name__)
def test_a_key_that_a_later_version_adds_is_passed_over(value: Travelling) -> None:
    assert type(value).from_json(with_more(value.to_json())) == value


@pytest.mark.parametrize(
    "write",
    [Create(ROW, TARGET, "x", (POSTED,)), Replace(ROW, TARGET, "x", (POSTED,)), Delete(ROW, (POSTED,))],
    ids=repr,
)
def test_a_key_that_a_later_version_adds_to_a_write_is_passed_over(write: Write) -> None:
    assert write_from_json(with_more(write_to_json(write))) == write


def test_a_setting_that_a_later_version_adds_is_refused_because_to_ignore_it_may_post_what_it_leaves_out() -> None:
    value = FETCHED.to_json()
    value["settings"]["of_tomorrow"] = True

    with pytest.raises(InvalidSettings, match=r"^Unknown setting 'of_tomorrow'"):
        Fetched.from_json(value)


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        (WINDOW, {"gap", "changes_since"}),
        (ENTRY, {"at"}),
        (POSTED, {"seconds", "was_moved", "may_be_deleted"}),
        (PROGRESS, {"has_gap", "begins", "changes_seen", "seen"}),
        (ROW, {"reason", "warning", "gone", "tracked_seconds", "on_gitlab", "before", "planned"}),
        (WriteOutcome(ROW, 2), {"duplicates_removed", "error"}),
        (FETCHED, {"progress", "overrides", "accept_new_user", "allow_removals", "deleted_ids", "toggl_quota_left"}),
        (FETCHED, {"is_dated", "now", "earliest_start", "ledger", "pending"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_field_with_a_default_need_not_be_there(value: Travelling, missing: set[str]) -> None:
    there = {key: item for key, item in value.to_json().items() if key not in missing}
    fields = {name: getattr(value, name) for name in inspect.signature(type(value)).parameters if name not in missing}

    assert type(value).from_json(there) == type(value)(**fields)


def test_every_type_that_travels_is_tried() -> None:
    modules = [importlib.import_module(f"functions.shared.model.{one.name}") for one in pkgutil.iter_modules(PATH)]
    kinds = {kind for module in modules for _name, kind in inspect.getmembers(module, inspect.isclass)}

    assert {Recorded} | {kind for kind in kinds if hasattr(kind, "from_json") and kind is not Settings} == {
        type(value) for value in TRAVELLING
    }


PATH = functions.shared.model.__path__
