"""Which GitLab project an entry belongs to by its Toggl project, and what of the map is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.shared.model.entry import TimeEntry
from functions.transform.own_project import Doubt, OwnProjects, doubts, in_doubt

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
MAP = {"Web Shop": "acme/shop", "777": "12", "Café": "acme/cafe", "Private": None, "*": "acme/rest"}


def _entry(project_id: int | None, project_name: str | None, entry_id: int = 1) -> TimeEntry:
    return TimeEntry(entry_id, START, START, 0, "#12", True, 7, project_id, project_name)


@pytest.mark.parametrize(
    ("project_id", "project_name", "expected"),
    [
        (777, "Web Shop", ("12", "project_map_id")),
        (777, None, ("12", "project_map_id")),
        (5, "Web Shop", ("acme/shop", "project_map_name")),
        (5, " Web Shop ", ("acme/shop", "project_map_name")),
        (5, "Cafe\u0301", ("acme/cafe", "project_map_name")),
        (5, "Private", (None, "project_map_name")),
        (5, "web shop", ("acme/rest", "project_map_rest")),
        (5, "*", ("acme/rest", "project_map_rest")),
        (5, None, ("acme/rest", "project_map_rest")),
        (None, None, ("main/app", "default")),
    ],
)
def test_an_entry_belongs_where_its_toggl_projects_id_says_else_its_name_else_the_star_else_the_default(
    project_id: int | None, project_name: str | None, expected: tuple[str | None, str]
) -> None:
    assert OwnProjects(MAP, "main/app").of(_entry(project_id, project_name)) == expected


def test_without_a_star_an_unnamed_toggl_project_belongs_to_the_default() -> None:
    assert OwnProjects({"Web Shop": "acme/shop"}, "main/app").of(_entry(5, "Other")) == ("main/app", "default")


def test_the_configured_projects_are_the_default_and_those_of_the_map_each_once() -> None:
    own = OwnProjects({**MAP, "Twice": "acme/shop", "Default": "main/app"}, "main/app")

    assert own.configured == ["main/app", "acme/shop", "12", "acme/cafe", "acme/rest"]


@pytest.mark.parametrize(
    ("project_map", "toggl_projects", "expected"),
    [
        ({"Web": "a/b", "5": "a/c", "*": "a/d"}, [(5, "Five"), (6, "Web")], ()),
        ({"Wbe": "a/b", "7": "a/c"}, [(5, "Five"), (6, "Web")], (Doubt("Wbe", "unknown"), Doubt("7", "unknown"))),
        ({"Wbe": None}, [(6, "Web")], (Doubt("Wbe", "unknown"),)),
        ({"Web": "a/b"}, [(9, "Web"), (6, " Web ")], (Doubt("Web", "shared", (6, 9)),)),
        ({"Web": "a/b", "9": "a/c"}, [(9, "Web"), (6, "Web")], ()),
        ({"Web": "a/b", "9": "a/c"}, [(9, "Web"), (6, "Web"), (7, "Web")], (Doubt("Web", "shared", (6, 7)),)),
        ({"Cafe\u0301": "a/b"}, [(6, "Café")], ()),
        ({}, [(6, "Web"), (7, "Web")], ()),
    ],
)
def test_a_key_is_in_doubt_when_toggl_does_not_know_it_or_has_several_of_its_name(
    project_map: dict[str, str | None], toggl_projects: list[tuple[int, str]], expected: tuple[Doubt, ...]
) -> None:
    assert doubts(project_map, toggl_projects) == expected


def test_a_doubt_says_what_to_do() -> None:
    assert "'Wbe'" in str(Doubt("Wbe", "unknown"))
    assert "correct the key" in str(Doubt("Wbe", "unknown"))
    assert "use their ids, 6, 9." in str(Doubt("Web", "shared", (6, 9)))


def test_entries_are_in_doubt_when_two_toggl_projects_among_them_share_the_name_that_placed_them() -> None:
    entries = [_entry(5, "Web Shop", 1), _entry(6, "Web Shop", 2), _entry(7, "Other", 3), _entry(8, "Other", 4)]

    assert in_doubt(entries, MAP) == {1, 2}
    assert in_doubt(entries, {**MAP, "6": "acme/six"}) == set()
    assert in_doubt(entries[:1] * 2, MAP) == set()
