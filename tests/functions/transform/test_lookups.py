"""What the matching of a day asks GitLab: in batches, and no more for the forms that need no look-up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import TimeEntry
from functions.transform.lookups import read_author, read_matching
from functions.transform.matching import Match
from functions.transform.screening import screen
from local.standins.gitlab import server as stand_in

TOKEN = "glpat-Lookups-Tests-0001"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
GITLAB = "https://gitlab.example.org"
PROJECTS = ("studio/harbour", "studio/website", "studio/docs", "clients/acme/api")
SHOW = "eyJpaWQiOiIxIiwiZnVsbF9wYXRoIjoic3R1ZGlvL3dlYnNpdGUiLCJpZCI6MX0"  # issue 1 of studio/website

PLAIN = ("#1 Fix", "see studio/website#2", f"{GITLAB}/clients/acme/api/-/merge_requests/1", "Issue 3 of studio/harbour")
"""Two requests: the user and the default project; what they name."""


@pytest.fixture
def server() -> Iterator[stand_in.GitLab]:
    with stand_in.GitLab(now=lambda: START + timedelta(days=1)) as server:
        server.add_token(TOKEN, "mira")
        for number, path in enumerate(PROJECTS, start=1):
            server.add_project(path, id=number)
            for iid in range(1, 5):
                server.add_issue(path, f"Issue {iid} of {path}", iid=iid, state="closed" if iid == 4 else "opened")
                server.add_merge_request(path, f"Change {iid} of {path}")
        yield server


def _entry(number: int, description: str, **more: Any) -> TimeEntry:
    about = {"project_id": None, "project_name": None} | more
    return TimeEntry(number, START, START + timedelta(minutes=30), 1800, description, True, 7, **about)


def _matched(server: stand_in.GitLab, entries: list[TimeEntry], **context: Any) -> tuple[dict[int, Match], int]:
    """Where the entries go, and in how many requests."""
    given = {"gitlab_url": GITLAB, "gitlab_project_id": "1", "project_map": {"Website": "studio/website", "Api": 4}}
    settings = Settings.from_context(given | context)
    gitlab = GitLab(server.url, TOKEN, 0)
    screened = screen(entries, settings)
    matching = read_matching(gitlab, settings, read_author(gitlab, settings, screened), screened)
    return {entry.id: matching.matches[entry.says] for entry in entries}, gitlab.http.requests_made


def _requests(server: stand_in.GitLab, *descriptions: str, **more: Any) -> int:
    entries = [_entry(number, description, **more) for number, description in enumerate(descriptions, start=1)]
    return _matched(server, entries)[1]


def test_a_day_of_plain_references_is_two_requests(server: stand_in.GitLab) -> None:
    assert _requests(server, *PLAIN) == 2


@pytest.mark.parametrize(
    "descriptions",
    [
        ("#1を修正", "修正＃2"),
        ("GL-1", "[issue:2]", "[issue:studio/website/3]"),
        ("MR #1", "merge request #2"),
        ("#1, #2", "#1 and #2"),
        (f"{GITLAB}/studio/website/-/issues?show={SHOW}", "gitlab.example.org/studio/website/-/issues/2"),
        ("studio&3", f"{GITLAB}/groups/studio/-/epics/3", "Kick-off (&3) · Epics · Studio · GitLab"),
        ("Fix (#1) · Issues · Studio / Harbour · GitLab with Ana",),
    ],
)
def test_forms_that_name_their_project_cost_no_request(server: stand_in.GitLab, descriptions: tuple[str, ...]) -> None:
    assert _requests(server, *PLAIN, *descriptions) == 2


def test_short_names_cost_one_request_however_many_there_are(server: stand_in.GitLab) -> None:
    full = [f"{path}#{iid}" for iid in range(1, 4) for path in PROJECTS]
    short = [f"{path.rsplit('/', 1)[-1]}#{iid}" for iid in range(1, 4) for path in PROJECTS]
    none = ["#1 for C#8", "#1 of F#9", "#2 of nothing#1"]

    assert _requests(server, *PLAIN, *short, *none) == _requests(server, *PLAIN, *full) + 1


def test_short_names_of_configured_projects_alone_cost_none(server: stand_in.GitLab) -> None:
    assert _requests(server, *PLAIN, "website#1", "harbour#2", project_name=None) == 2


def test_tasks_and_tags_cost_none(server: stand_in.GitLab) -> None:
    entries = [
        *(_entry(number, text) for number, text in enumerate(PLAIN, start=1)),
        *(_entry(number, "Fix", task_name=f"Task (#{number % 3 + 1})") for number in range(10, 30)),
        *(_entry(number, "Fix", tags=("urgent", f"studio/docs#{number % 3 + 1}")) for number in range(30, 50)),
    ]

    matches, requests = _matched(server, entries)

    assert (matches[10].issue, matches[30].issue, requests) == ("studio/harbour#2", "studio/docs#1", 3)


def test_a_project_that_is_given_by_its_number_costs_none(server: stand_in.GitLab) -> None:
    matches, requests = _matched(server, [_entry(1, "#1", project_id=9, project_name="Api"), _entry(2, "#1")])

    assert (matches[1].issue, matches[2].issue, requests) == ("clients/acme/api#1", "studio/harbour#1", 2)


def test_the_number_of_a_project_that_nobody_tracks_on_is_not_looked_up(server: stand_in.GitLab) -> None:
    _matched(server, [_entry(1, "#1")])

    assert "gid://gitlab/Project/4" not in str(server.requests[0].body)


def test_closed_titles_are_read_only_for_a_title_that_no_open_issue_has(server: stand_in.GitLab) -> None:
    matches, requests = _matched(
        server, [_entry(1, "issue 4 of STUDIO/harbour"), _entry(2, "Nothing"), _entry(3, "Issue 3 of studio/harbour")]
    )

    assert [matches[number].issue for number in (1, 2, 3)] == ["studio/harbour#4", None, "studio/harbour#3"]
    assert requests == 3


def test_a_closed_issue_is_found_however_many_were_closed_since(server: stand_in.GitLab) -> None:
    server.add_issue("studio/harbour", "Move the mooring", iid=40, state="closed")
    for number in range(2_100):
        server.add_issue("studio/harbour", f"Done {number}", state="closed")

    matches, requests = _matched(server, [_entry(1, "Move the mooring"), _entry(2, "Standup"), _entry(3, "Lunch")])

    assert [matches[number].issue for number in (1, 2, 3)] == ["studio/harbour#40", None, None]
    assert requests == 3


@pytest.mark.parametrize(
    "description", ["MOVE the  mooring", "Move the mooring\n", "\u200bMove the\tmooring", "Move the moorin\u200bg"]
)
def test_a_closed_title_is_the_same_case_and_white_space_aside(server: stand_in.GitLab, description: str) -> None:
    for title in ("Move the mooring", "Move the mooring again", "The mooring: move", "Unmove the moorings"):
        server.add_issue("studio/harbour", title, state="closed")

    matches, _requests = _matched(server, [_entry(1, description)])

    assert matches[1].issue == "studio/harbour#5"


@pytest.mark.parametrize(
    ("typed", "title"), [("Caf\u00e9", "Cafe\u0301"), ("Cafe\u0301", "Caf\u00e9"), ("Stra\u00dfe", "STRASSE")]
)
def test_a_closed_title_is_the_same_whatever_its_unicode_form(server: stand_in.GitLab, typed: str, title: str) -> None:
    server.add_issue("studio/harbour", title, iid=40, state="closed")
    server.add_issue("studio/harbour", "Cafe", iid=41, state="closed")

    matches, _requests = _matched(server, [_entry(1, typed)])

    assert matches[1].issue == "studio/harbour#40"


def test_an_open_issue_goes_before_a_closed_one_of_its_title_and_two_closed_ones_are_ambiguous(
    server: stand_in.GitLab,
) -> None:
    server.add_issue("studio/harbour", "Issue 1 of studio/harbour", state="closed")
    server.add_issue("studio/harbour", "Twice", state="closed")
    server.add_issue("studio/harbour", "twice", state="closed")

    matches, _requests = _matched(server, [_entry(1, "Issue 1 of studio/harbour"), _entry(2, "Twice")])

    assert (matches[1].issue, matches[2].reason) == ("studio/harbour#1", "ambiguous_title")


def test_many_unmatched_titles_are_one_request_for_each_twenty_not_for_each_spelling(server: stand_in.GitLab) -> None:
    texts = [f"Chore {number}" for number in range(1, 41)]
    entries = [_entry(number, text) for number, text in enumerate([*texts, *map(str.upper, texts)], start=1)]

    matches, requests = _matched(server, entries)

    assert {match.reason for match in matches.values()} == {"no_issue"}
    assert requests == 2 + 2


def test_a_description_that_is_longer_than_a_title_is_not_searched_for(server: stand_in.GitLab) -> None:
    matches, requests = _matched(server, [_entry(1, "long " * 60)])

    assert (matches[1].reason, requests) == ("no_issue", 2)


def test_a_sibling_of_the_entrys_own_project_is_found_by_its_short_name(server: stand_in.GitLab) -> None:
    matches, _requests_made = _matched(
        server, [_entry(1, "Docs#1"), _entry(2, "docs#1", project_id=9, project_name="Api"), _entry(3, "api#1")]
    )

    assert [matches[number].issue for number in (1, 2, 3)] == ["studio/docs#1", None, "clients/acme/api#1"]
    assert matches[2].reason == "no_issue"


@pytest.mark.parametrize("given", ["99", "secret/vault"])
def test_a_number_in_a_configured_project_that_cannot_be_seen_is_a_fault_and_a_title_there_is_none(
    server: stand_in.GitLab, given: str
) -> None:
    server.add_project("secret/vault", id=99, roles={"max": "owner"})
    entries = [_entry(1, "#1"), _entry(2, "Open the vault"), _entry(3, "studio/website#1"), _entry(4, "lunch")]

    matches, _requests_made = _matched(server, entries, gitlab_project_id=given)
    creating, _requests_made = _matched(server, entries, gitlab_project_id=given, auto_create_issues=True)

    assert matches[1] == Match(None, "project_not_visible", f"{given}#1")  # type: ignore[arg-type]
    assert (matches[2].reason, matches[3].issue) == ("no_issue", "studio/website#1")
    assert creating[2] == Match(None, "project_not_visible", f"{given}#new")  # type: ignore[arg-type]
    assert (creating[1].reason, creating[4].reason) == ("project_not_visible", "skip_term")


@pytest.mark.parametrize(
    ("given", "title", "issue"),
    [
        ("secret/vault", "Secret / Vault", "secret/vault#1"),
        ("Secret/my.top-vault", "Secret / My.Top  Vault", "Secret/my.top-vault#1"),
        ("secret/vault", "Other / Vault", None),
        ("99", "Secret / Vault", "99#1"),
    ],
)
def test_a_page_title_may_be_that_of_a_configured_project_that_cannot_be_seen(
    server: stand_in.GitLab, given: str, title: str, issue: str | None
) -> None:
    entries = [_entry(1, f"Open it (#1) · Issues · {title} · GitLab"), _entry(2, "studio/website#1")]

    matches, _requests_made = _matched(server, entries, project_map={"Vault": given})

    expected = Match(None, Reason.PROJECT_NOT_VISIBLE, issue) if issue else Match(None, Reason.PROJECT_NOT_FOUND, None)
    assert matches[1] == expected
    assert matches[2].issue == "studio/website#1"


@pytest.mark.parametrize(
    ("given", "project", "text", "issue"),
    [
        ("99", "Vault", "vault#1 Open it", "99#1"),
        ("99", None, "C#12 features", None),
        ("secret/vault", None, "vault#1 Open it", "secret/vault#1"),
        ("secret/vault", "Vault", "room#1 is free", None),
        ("99", "Vault", "harbour#1 Menu", "studio/harbour#1"),
    ],
)
def test_a_short_name_may_be_that_of_a_configured_project_that_cannot_be_seen(
    server: stand_in.GitLab, given: str, project: str | None, text: str, issue: str | None
) -> None:
    matches, _requests_made = _matched(server, [_entry(1, text, project_name=project)], project_map={"Vault": given})

    is_seen = issue == "studio/harbour#1"
    expected = Reason.NO_ISSUE if issue is None else None if is_seen else Reason.PROJECT_NOT_VISIBLE
    assert (matches[1].reason, matches[1].issue) == (expected, issue)


def test_a_path_that_cannot_be_seen_may_be_that_of_a_configured_number(server: stand_in.GitLab) -> None:
    server.add_project("secret/vault", id=99, roles={"max": "owner"})
    entries = [_entry(1, "secret/vault#1"), _entry(2, f"{GITLAB}/secret/vault/-/issues/1")]

    unseen, _requests_made = _matched(server, entries, project_map={"Vault": 99})
    server.set_role("secret/vault", "mira", "developer")
    seen, _requests_made = _matched(server, [_entry(1, "nobody/nothing#1")], project_map={"Vault": 99})

    assert [unseen[number].reason for number in (1, 2)] == ["project_not_visible", "project_not_visible"]
    assert seen[1].reason == "project_not_found"
