"""What a description comes to and why: the rule, and where each reference's project comes from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.shared.model import TimeEntry
from functions.transform.matching import Choice, Pick, Placed, ProjectNames, TitlePick, choose
from functions.transform.references import find_references

NAMES = ProjectNames(
    default_path="main/app",
    mapped={"Web Shop": "acme/shop", "777": "acme/by-id", "None": "acme/none"},
    titled={"Acme / Shop": ("acme/shop",), "Twice / There": ("twice/there", "twice/there-2")},
)


def _chosen(
    description: str, project_id: int | None = None, project_name: str | None = None, names: ProjectNames = NAMES
) -> Choice:
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    entry = TimeEntry(1, start, start, 0, description, False, 7, project_id, project_name)
    return choose(find_references(description, "https://gitlab.example.org"), entry, names)


@pytest.mark.parametrize(
    ("description", "rule", "picked"),
    [
        ("#12 blocked by #13", "leading", Pick("main/app", "#", 12)),
        ("Fix (#12)", "only", Pick("main/app", "#", 12)),
        ("see #12, main/app#12, MAIN/App#12", "only", Pick("main/app", "#", 12)),
        ("see #12, #13", "ambiguous", "ambiguous_reference"),
        ("see #12, !12", "ambiguous", "ambiguous_reference"),
        ("Fix login", "title", TitlePick("main/app", "Fix login")),
        ("", "title", "no_issue"),
        ("x (#12) · Issues · Twice / There · GitLab", "leading", "ambiguous_reference"),
    ],
)
def test_a_choice_names_its_rule(description: str, rule: str, picked: object) -> None:
    choice = _chosen(description)

    assert (choice.rule, choice.picked) == (rule, picked)


@pytest.mark.parametrize("description", ["#12 and #13", "see #12 and #13", "see #12 and (#12)", "Fix login"])
def test_a_choice_has_every_reference_in_its_place(description: str) -> None:
    references = find_references(description, "https://gitlab.example.org").found

    assert [placed.reference for placed in _chosen(description).placed] == list(references)


@pytest.mark.parametrize(
    ("description", "project_id", "project_name", "origin", "picked"),
    [
        ("#12", None, None, "default", Pick("main/app", "#", 12)),
        ("#12", 5, "Other", "default", Pick("main/app", "#", 12)),
        ("#12", 777, "Web Shop", "project_map_id", Pick("acme/by-id", "#", 12)),
        ("#12", 5, " Web Shop ", "project_map_name", Pick("acme/shop", "#", 12)),
        ("x/y#12", 777, None, "path", Pick("x/y", "#", 12)),
        ("a (#12) · Issues · Acme / Shop · GitLab", 777, None, "page_title", Pick("acme/shop", "#", 12)),
        ("a (#12) · Issues · No / Where · GitLab", 777, None, "page_title", "project_not_found"),
        ("a (#12) · Issues · Twice / There · GitLab", 777, None, "page_title", "ambiguous_reference"),
    ],
)
def test_a_reference_knows_where_its_project_comes_from(
    description: str, project_id: int | None, project_name: str | None, origin: str, picked: Pick | str
) -> None:
    (placed,) = _chosen(description, project_id, project_name).placed

    (reference,) = find_references(description, "https://gitlab.example.org").found
    assert placed == Placed(reference, origin, picked)  # type: ignore[arg-type]


def test_a_default_project_that_cannot_be_seen_is_still_where_a_reference_points() -> None:
    (placed,) = _chosen("#12", names=ProjectNames(None, {}, {})).placed

    assert (placed.origin, placed.picked) == ("default", "project_not_found")
