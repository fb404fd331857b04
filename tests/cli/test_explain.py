"""The explanations are the run's own decisions, in the run's own words, and asking for them changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import explain
from cli.run import SetupProblem
from cli.sample_day import GITLAB_TOKEN, GITLAB_USERNAME, HARBOUR, PROJECT_MAP, WEBSITE, WEBSITE_ID, build
from contract.settings import Settings
from functions.shared.gitlab.client import GitLab as GitLabClient
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl as TogglClient
from functions.transform.pipeline import transform
from functions.transform.titles import issue_key
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

DAY = "2026-11-20"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Service:
    """Both stand-ins with the sample day, and the environment that points to them."""

    def __init__(self, toggl: Toggl, gitlab: GitLab) -> None:
        self.toggl, self.gitlab = toggl, gitlab
        self.sample = build(toggl, gitlab, date.fromisoformat(DAY), "Europe/Berlin")

    def settings(self, **context: Any) -> Settings:
        return Settings.from_context(
            {
                "toggl_url": self.toggl.url,
                "gitlab_url": self.gitlab.url,
                "gitlab_project_id": str(WEBSITE_ID),
                "project_map": dict(PROJECT_MAP),
                "timezone": "Europe/Berlin",
                **context,
            }
        )

    def clients(self) -> tuple[TogglClient, GitLabClient]:
        return TogglClient(self.toggl.url, self.toggl.token, 0), GitLabClient(self.gitlab.url, GITLAB_TOKEN, 0)

    def description(self, text: str, project: str | None = None, **context: Any) -> dict[str, Any]:
        entry = explain.described(text, project)
        return explain.explain_description(entry, self.settings(**context), self.clients()[1]).to_json()

    def day(self, **context: Any) -> explain.DayExplanation:
        return explain.explain_day(DAY, self.settings(**context), *self.clients(), NOW)

    def entry(self, entry_id: int, **context: Any) -> dict[str, Any]:
        rows = {one["row"]["entry_id"]: one for one in self.day(**context).to_json()["entries"]}
        found: dict[str, Any] = rows[entry_id]
        return found


@pytest.fixture
def service() -> Iterator[Service]:
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        yield Service(toggl, gitlab)


@pytest.fixture
def ask(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """The command, in the environment of a user whose services are the stand-ins; keywords are further variables."""
    monkeypatch.setattr(explain, "ENVIRONMENT_FILE", tmp_path / ".env")
    for name in explain.SETTINGS_BY_VARIABLE:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, **variables: str) -> int:
        tokens = {"TOGGL_API_TOKEN": service.toggl.token, "GITLAB_API_TOKEN": GITLAB_TOKEN}
        for name, value in {**service.settings().to_environment(), **tokens, **variables}.items():
            monkeypatch.setenv(name, value)
        return explain.main(arguments, NOW)

    return run


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
        ("#12 not #101", None, "leading", ["default", "default"], "found", f"{WEBSITE}#12", None),
        ("see #12, #12", None, "only", ["default", "default"], "found", f"{WEBSITE}#12", None),
        ("see #12 or #101", None, "ambiguous", ["default", "default"], None, None, "ambiguous_reference"),
        ("#109 Search", None, "leading", ["default"], "moved", f"{HARBOUR}#16", None),
        ("#9999 Nothing", None, "leading", ["default"], "not_found", f"{WEBSITE}#9999", "issue_not_found"),
        ("studio/attic#1", None, "leading", ["path"], "project_not_found", "studio/attic#1", "project_not_found"),
        ("navigation  MENU", None, "title", [], "found", f"{WEBSITE}#12", None),
        ("5: standup", None, "title", [], "not_found", None, "no_issue"),
        ("Old newsletter form", None, "title", [], "not_found", None, "no_issue"),
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

    assert explained["reason"] == "project_not_found"
    assert explained["references"][0]["project"] is None
    assert explained["references"][0]["reason"] == "project_not_found"


def test_a_day_is_explained_as_a_run_of_it_decides(service: Service) -> None:
    toggl, gitlab = service.clients()
    settings = service.settings()
    day = service.day()

    entries = tuple(toggl.time_entries(day.window).entries)

    planned = transform(Fetched(settings=settings, window=day.window, entries=entries), gitlab).plan

    assert [one["row"] for one in day.to_json()["entries"]] == [item.row.to_json() for item in planned.items]
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


def _post(service: Service, seconds: int, *, times: int = 1) -> int:
    """Put timelogs of an entry of 30 minutes on issue 101; its id."""
    start = datetime(2026, 11, 20, 6, tzinfo=UTC)
    entry = service.toggl.add_entry("#101", start, 1_800)
    for _time in range(times):
        issue = service.gitlab.issuable(f"{WEBSITE}#101")
        service.gitlab.add_timelog(issue, GITLAB_USERNAME, seconds, start, f"[toggl:{entry.id}] x")
    return entry.id


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
    explained = service.entry(_post(service, seconds, times=times), **context)

    assert (explained["action"], explained["row"]["outcome"], explained["row"]["warning"]) == (action, outcome, warning)
    assert explained["duplicates_removed"] == duplicates
    assert [(log["issue"], log["seconds"], log["spent_at"]) for log in explained["timelogs"]] == [
        (f"{WEBSITE}#101", seconds, "2026-11-20T06:00:00Z")
    ] * times


def test_an_entry_that_was_deleted_in_toggl_is_shown_with_what_is_removed(service: Service) -> None:
    entry_id = _post(service, 1_800)
    service.toggl.delete(entry_id)

    explained = service.entry(entry_id, remove_deleted=True)

    assert (explained["entry"], explained["matching"]) == (None, None)
    assert (explained["action"], explained["row"]["outcome"], explained["row"]["gone"]) == ("delete", "deleted", True)


def test_a_day_whose_run_would_remove_too_much_is_explained_with_the_error(service: Service) -> None:
    for _time in range(5):
        service.toggl.delete(_post(service, 1_800))

    day = service.day(remove_deleted=True)

    assert day.to_json()["error"]["name"] == "TooManyRemovals"
    assert "allow_removals" in day.to_json()["error"]["message"]
    assert sum(one["action"] == "delete" for one in day.to_json()["entries"]) == 5


@pytest.mark.parametrize("arguments", [["#101 Fix"], ["Plan the party"], ["--day", DAY]])
@pytest.mark.parametrize("as_json", [False, True])
def test_explaining_writes_nothing(
    service: Service, ask: Callable[..., int], arguments: list[str], *, as_json: bool
) -> None:
    service.toggl.delete(_post(service, 900))
    before = (service.gitlab.ledger(), len(service.gitlab.issues))

    given = [*arguments, *(["--json"] if as_json else [])]

    assert ask(*given, AUTO_CREATE_ISSUES="true", REMOVE_DELETED="true") == 0

    assert [service.gitlab.count(name) for name in ("timelogCreate", "timelogDelete", "createIssue")] == [0, 0, 0]
    assert (service.gitlab.ledger(), len(service.gitlab.issues)) == before
    assert {request.method for request in service.toggl.requests} <= {"GET"}


def test_json_is_all_that_is_printed_when_it_is_asked_for(
    ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("--day", DAY, "--json") == 0

    day = json.loads(capsys.readouterr().out)
    assert day.keys() == {"day", "window", "username", "default_project", "error", "entries"}
    assert (day["username"], day["default_project"]) == (GITLAB_USERNAME, WEBSITE)
    assert {tuple(one) for one in day["entries"]} == {
        ("entry", "filter", "matching", "rounding", "timelogs", "action", "duplicates_removed", "row")
    }


def test_a_day_is_printed_with_a_reason_for_everything(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    _post(service, 900)

    assert ask("--day", DAY) == 0

    printed = " ".join(capsys.readouterr().out.split())  # as wide as the terminal happens to be
    for reason in service.sample.skipped_by_reason:
        assert f"skipped: {reason}" in printed
    assert "too_short: it is shorter than minimum_duration, or has no time at all (minimum_duration: 300)" in printed
    assert f"studio/website#109 has moved to {HARBOUR}#16" in printed
    assert "0:37:30 becomes 0:45" in printed
    assert f"replaced: 0:30 on {WEBSITE}#101; what is posted differs, 1 timelog is then deleted" in printed
    assert "duration_mismatch" in printed
    assert printed.rstrip().endswith("Nothing was written.")


def test_text_from_outside_cannot_steer_the_terminal(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;owned\x07 [bold red]#101[/] \u202e :boom:"
    service.gitlab.add_issue(WEBSITE, "evil\x1b[2J title", iid=301)
    service.toggl.add_entry(evil, datetime(2026, 11, 20, 6, tzinfo=UTC), 1_800)

    ask("--day", DAY)
    ask(evil, "--project", "\x1b[31mred")
    ask("evil [2J title")

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
    assert "\u202e" not in printed
    assert "[bold red]#101[/]" in printed
    assert ":boom:" in printed


def test_offline_nobody_is_asked_and_nothing_is_claimed(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("Fix (#12)", "--offline", "--json") == 0

    explained = json.loads(capsys.readouterr().out)
    assert (explained["looked_up"], explained["issue"], explained["reason"]) == (False, None, None)
    assert explained["references"][0]["project"] == str(WEBSITE_ID)
    assert service.gitlab.requests == []


def test_without_a_gitlab_token_the_text_is_explained_and_it_is_said_why(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("a (#12) · Issues · A / B · GitLab", GITLAB_API_TOKEN="") == 0

    printed = capsys.readouterr()
    assert "nothing was looked up" in printed.out
    assert "GITLAB_API_TOKEN is not set" in printed.err
    assert service.gitlab.requests == []


@pytest.mark.parametrize("missing", ["TOGGL_API_TOKEN", "GITLAB_API_TOKEN"])
def test_a_day_needs_both_tokens(ask: Callable[..., int], capsys: pytest.CaptureFixture[str], missing: str) -> None:
    assert ask("--day", DAY, **{missing: "REPLACE-WITH-YOUR-TOKEN"}) == 1

    assert f"{missing} is missing" in capsys.readouterr().err


def test_a_failure_has_its_name_and_no_token_in_it(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.fail("rate_limited", seconds=42)
    limited = ask("#12")
    service.gitlab.revoke_token(GITLAB_TOKEN)
    refused = ask("#12")

    printed = capsys.readouterr().err
    assert (limited, refused) == (1, 1)
    assert "GitLabRateLimited: try again in 42 s." in printed
    assert "GitLabUnauthorized: " in printed
    assert GITLAB_TOKEN not in printed


def test_a_day_that_is_none_is_refused(ask: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--day", "yesterday") == 1

    assert "InvalidInput" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["#12", "--day", DAY], ["--day", DAY, "--project", "x"], ["--day", DAY, "--offline"]]
)
def test_either_a_description_or_a_day_is_asked_for(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        explain.main(arguments)


def test_settings_come_from_the_file_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GITLAB_API_TOKEN=from-file\nDAYS_BACK=3\nMINIMUM_DURATION=60\n", encoding="utf-8")
    variables = {"DAYS_BACK": "5", "TOGGL_API_TOKEN": "from-environment"}

    prepared = explain.prepare(variables, file)

    assert (prepared.settings.days_back, prepared.settings.minimum_duration) == (5, 60)
    assert (prepared.toggl_token, prepared.gitlab_token) == ("from-environment", "from-file")
    assert "TOGGL_API_TOKEN" not in variables
    assert "from-" not in repr(prepared)


def test_a_token_that_cannot_be_one_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="GITLAB_API_TOKEN is no API token") as refused:
        explain.prepare({"GITLAB_API_TOKEN": "two words"}, tmp_path / ".env")

    assert "two words" not in str(refused.value)
