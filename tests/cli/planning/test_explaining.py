"""The explanations are the run's own decisions, in the run's own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.demonstration.sample_day import HARBOUR, WEBSITE, WEBSITE_ID
from functions.shared.model.fetched import Fetched
from functions.transform.pipeline import transform
from functions.transform.titles import issue_key
from tests.cli.planning.support import Service, post


@pytest.mark.parametrize(
    ("description", "project", "rule", "origins", "answer", "issue", "reason"),
    [
        ("#101 Fix", None, "leading", ["default"], "found", f"{WEBSITE}#101", None),
        ("Fix (#101)", None, "only", ["default"], "found", f"{WEBSITE}#101", None),
        ("Fix (#12)", "Harbour App", "only", ["project_map_name"], "found", f"{HARBOUR}#12", None),
        (f"{HARBOUR}!3 Charts", None, "leading", ["path"], "found", f"{HARBOUR}!3", None),
        ("STUDIO/Website#101", None, "leading", ["path"], "found", f"{WEBSITE}#101", None),
        ("x (#15) · Issues · Studio / Clients / Harbour App · GitLab", None, "leading", ["page_title"], "found",
         f"{HARBOUR}#15", None),
        ("x (#15) · Issues · No / Where · GitLab", None, "leading", ["page_title"], None, None, "project_not_found"),
        ("on #101: Offline maps crash (#15) · Issues · Studio / Clients / Harbour App · GitLab", None, "leading",
         ["page_title"], "other_title", None, "ambiguous_reference"),
        ("see Offline maps crash (#15) · Issues · Studio / Clients / Harbour App · GitLab for #101", None, "leading",
         ["page_title", "default"], "other_title", None, "ambiguous_reference"),
        ("#101 not Offline maps crash (#15) · Issues · Studio / Clients / Harbour App · GitLab", None, "leading",
         ["page_title"], "found", f"{WEBSITE}#101", None),
        ("#12 not #101", None, "leading", ["default", "default"], "found", f"{WEBSITE}#12", None),
        ("see #12, #12", None, "only", ["default", "default"], "found", f"{WEBSITE}#12", None),
        ("see #12 or #101", None, "ambiguous", ["default", "default"], None, None, "ambiguous_reference"),
        ("#109 Search", None, "leading", ["default"], "moved", f"{HARBOUR}#16", None),
        ("#9999 Nothing", None, "leading", ["default"], "not_found", f"{WEBSITE}#9999", "issue_not_found"),
        ("studio/attic#1", None, "leading", ["path"], "project_not_found", "studio/attic#1", "project_not_found"),
        ("navigation  MENU", None, "title", [], "found", f"{WEBSITE}#12", None),
        ("5: standup", None, "title", [], "not_found", None, "no_issue"),
        ("Old newsletter form", None, "title", [], "found", f"{WEBSITE}#90", None),
        ("MR #3 Charts", "Harbour App", "leading", ["project_map_name"], "found", f"{HARBOUR}!3", None),
        ("website#101", None, "leading", ["short_name"], "found", f"{WEBSITE}#101", None),
        ("studio&3", None, "leading", ["path"], None, "studio&3", "group_item"),
        ("#12, #101", None, "ambiguous", ["default", "default"], None, None, "ambiguous_reference"),
        ("", None, "title", [], None, None, "no_issue"),
    ],
)  # fmt: skip
def test_a_description_is_explained_from_its_references_to_gitlabs_answer(
    service: Service,
    *,
    description: str,
    project: str | None,
    rule: str,
    origins: list[str],
    answer: str | None,
    issue: str | None,
    reason: str | None,
) -> None:
    explained = service.description(description, project)

    assert explained["rule"] == rule
    assert [reference["origin"] for reference in explained["references"]] == origins
    assert (explained["gitlab"] or {}).get("answer") == answer
    assert (explained["issue"], explained["reason"]) == (issue, reason)
    assert explained["looked_up"] is True


def test_a_toggl_project_may_be_given_by_its_id(service: Service) -> None:
    explained = service.description("#12", "777", project_map={"777": HARBOUR})

    assert explained["references"][0]["origin"] == "project_map_id"
    assert explained["issue"] == f"{HARBOUR}#12"


@pytest.mark.parametrize(
    ("description", "text", "form", "number"),
    [
        ("[#12] Menu", "#12", "number", 12),
        ("Issue #12: Menu", "Issue #12", "number", 12),
        ("MR45:: Theme", "MR45::", "merge_request_prefix", 45),
        (f"see {WEBSITE}#12", f"{WEBSITE}#12", "path", 12),
        ("{gitlab}/studio/website/-/issues/12", "{gitlab}/studio/website/-/issues/12", "url", 12),
        ("a (#12) · Issues · A / B · GitLab", "a (#12) · Issues · A / B · GitLab", "page_title", 12),
    ],
)
def test_a_reference_is_shown_as_the_description_writes_it(
    service: Service, description: str, text: str, form: str, number: int
) -> None:
    explained = service.description(description.replace("{gitlab}", service.gitlab.url))

    (reference,) = explained["references"]
    assert reference["text"] == text.replace("{gitlab}", service.gitlab.url)
    assert (reference["form"], reference["number"]) == (form, number)


def test_which_reference_counts_is_said(service: Service) -> None:
    leading = service.description("#12 after #101")["references"]
    ambiguous = service.description("see #12 and #101")["references"]

    assert [reference["counts"] for reference in leading] == [True, False]
    assert [reference["counts"] for reference in ambiguous] == [False, False]


def test_all_issues_of_an_ambiguous_title_are_shown(service: Service) -> None:
    service.gitlab.add_issue(WEBSITE, "NAVIGATION menu", iid=300)

    explained = service.description("Navigation menu")

    assert explained["reason"] == "ambiguous_title"
    assert explained["gitlab"]["answer"] == "several_titles"
    assert {one["issue"] for one in explained["gitlab"]["same_title"]} == {f"{WEBSITE}#12", f"{WEBSITE}#300"}


def test_an_issue_that_would_be_created_is_shown(service: Service) -> None:
    explained = service.description("Ask @ana about it", auto_create_issues=True, issue_labels="a,b")

    assert explained["gitlab"]["answer"] == "to_create"
    assert explained["issue"] == f"{WEBSITE}#new"
    assert explained["new_issue"] == {
        "project": WEBSITE,
        "title": "Ask \N{FULLWIDTH COMMERCIAL AT}ana about it",
        "labels": ["a", "b"],
    }


def test_an_issue_that_was_created_before_is_found_by_its_marker(service: Service) -> None:
    key = issue_key(WEBSITE_ID, "Plan the party")
    made = service.gitlab.add_issue(WEBSITE, "Renamed", description=f"<!-- toggl-gitlab-sync:{key} -->")

    explained = service.description("Plan the party", auto_create_issues=True)

    assert explained["gitlab"]["answer"] == "created_before"
    assert explained["issue"] == made.reference


def test_a_closed_issue_of_the_title_is_used_instead_of_a_new_one(service: Service) -> None:
    explained = service.description("Old newsletter form", auto_create_issues=True)

    assert explained["issue"] == f"{WEBSITE}#90"
    assert explained["gitlab"]["same_title"] == [
        {"issue": f"{WEBSITE}#90", "title": "Old newsletter form", "open": False}
    ]


def test_a_skip_term_becomes_no_issue(service: Service) -> None:
    assert service.description("Lunch", auto_create_issues=True)["reason"] == "skip_term"


def test_a_default_project_that_cannot_be_seen_is_said(service: Service) -> None:
    explained = service.description("#12", gitlab_project_id="999999")

    assert (explained["reason"], explained["issue"]) == ("project_not_visible", "999999#12")
    assert explained["references"][0]["project"] == "999999"
    assert explained["gitlab"]["answer"] == "project_not_found"


def test_an_entry_of_a_toggl_project_that_is_left_out_is_said(service: Service) -> None:
    explained = service.description("#12", "Private", project_map={"Private": None})

    assert (explained["rule"], explained["reason"], explained["issue"]) == ("left_out", "project_left_out", None)


def test_a_toggl_project_without_a_row_is_explained_by_the_star(service: Service) -> None:
    explained = service.description("#12", "Anything", project_map={"*": HARBOUR})

    assert explained["references"][0]["origin"] == "project_map_rest"
    assert explained["issue"] == f"{HARBOUR}#12"


def test_a_day_is_explained_as_a_run_of_it_decides(service: Service) -> None:
    toggl, gitlab = service.clients()
    settings = service.settings()
    day = service.day()

    entries = tuple(toggl.time_entries(day.window).entries)

    planned = transform(Fetched(settings=settings, window=day.window, entries=entries), gitlab).plan

    assert [one["row"] for one in day.to_json()["entries"]] == [item.row.to_output() for item in planned.items]
    assert len(planned.items) == len(service.sample.expected)


def test_every_entry_of_the_sample_day_is_explained_as_expected(service: Service) -> None:
    explained = {one["row"]["entry_id"]: one for one in service.day().to_json()["entries"]}

    for expected in service.sample.expected:
        one = explained[expected.entry_id]
        assert (one["row"]["outcome"], one["row"]["reason"], one["row"]["warning"]) == (
            expected.outcome,
            expected.reason,
            expected.warning,
        )
        assert (one["filter"] or one["matching"]["reason"]) == expected.reason
        if expected.issue is not None:
            assert one["matching"]["issue"] == expected.issue
            assert one["rounding"]["seconds"] == expected.seconds
            assert one["action"] == "create"
        else:
            assert one["rounding"] is None
            assert one["action"] == "skip"


def test_rounding_is_shown_from_raw_to_logged_seconds(service: Service) -> None:
    entry = service.toggl.add_entry("#101", datetime(2026, 11, 20, 6, tzinfo=UTC), 2_250)

    assert service.entry(entry.id)["rounding"] == {
        "raw_seconds": 2_250,
        "unit_minutes": 15,
        "mode": "nearest",
        "seconds": 2_700,
    }


def test_an_entry_that_rounds_to_zero_shows_its_rounding_and_the_reason(service: Service) -> None:
    entry = service.toggl.add_entry("#101", datetime(2026, 11, 20, 6, tzinfo=UTC), 600)

    explained = service.entry(entry.id, rounding_mode="down")

    assert explained["rounding"]["seconds"] == 0
    assert explained["row"]["reason"] == "rounds_to_zero"


@pytest.mark.parametrize(
    ("seconds", "times", "context", "action", "outcome", "warning", "duplicates"),
    [
        (1_800, 1, {}, "keep", "kept", None, 0),
        (900, 1, {}, "replace", "replaced", None, 0),
        (900, 1, {"sync_edits": False}, "keep", "kept", "differs", 0),
        (1_800, 3, {}, "delete", "kept", None, 2),
        (1_800, 1, {"minimum_duration": 3_600}, "keep", "kept", "posted_but_filtered", 0),
        (1_800, 1, {"minimum_duration": 3_600, "remove_deleted": True}, "delete", "deleted", None, 0),
    ],
)
def test_the_decision_is_explained_by_what_gitlab_has(
    service: Service,
    *,
    seconds: int,
    times: int,
    context: dict[str, Any],
    action: str,
    outcome: str,
    warning: str | None,
    duplicates: int,
) -> None:
    explained = service.entry(post(service, seconds, times=times), **context)

    assert (explained["action"], explained["row"]["outcome"], explained["row"]["warning"]) == (action, outcome, warning)
    assert explained["duplicates_removed"] == duplicates
    assert [(log["issue"], log["seconds"], log["spent_at"]) for log in explained["timelogs"]] == [
        (f"{WEBSITE}#101", seconds, "2026-11-20T06:00:00Z")
    ] * times


def test_an_entry_that_was_deleted_in_toggl_is_shown_with_what_is_removed(service: Service) -> None:
    entry_id = post(service, 1_800)
    service.toggl.delete(entry_id)

    explained = service.entry(entry_id, remove_deleted=True)

    assert (explained["entry"], explained["matching"]) == (None, None)
    assert (explained["action"], explained["row"]["outcome"], explained["row"]["gone"]) == ("delete", "deleted", True)


def test_a_day_whose_run_would_remove_too_much_is_explained_with_the_error(service: Service) -> None:
    for _time in range(5):
        service.toggl.delete(post(service, 1_800))

    day = service.day(remove_deleted=True)

    assert day.to_json()["error"]["name"] == "TooManyRemovals"
    assert "allow_removals" in day.to_json()["error"]["message"]
    assert sum(one["action"] == "delete" for one in day.to_json()["entries"]) == 5
