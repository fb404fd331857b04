"""The doctor's looks at Toggl and GitLab."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.doctor.support import GITLAB_TOKEN, Examined, levels_of

TODAY = datetime.now(UTC).date()


def test_a_token_that_toggl_refuses_hides_nothing_else(examined: Examined) -> None:
    examined.arrange()
    examined.toggl.token = "another"

    exit_code, found = examined.examine()

    assert exit_code == 1
    assert "Toggl refuses the API token (HTTP 403)" in found["Toggl token"][0][1]
    assert levels_of(found)["Toggl clock"] == {"ok"}
    assert levels_of(found)["GitLab token"] == {"ok"}


def test_another_timezone_in_the_profile_is_a_warning(examined: Examined) -> None:
    examined.arrange(timezone="Asia/Tokyo")

    assert "in Europe/Berlin, but days are counted in Asia/Tokyo" in examined.finding("Toggl token", "warning")


def test_a_quota_that_is_nearly_or_quite_used_up_is_a_warning(examined: Examined) -> None:
    examined.arrange()
    examined.toggl.me_quota.total = 2

    assert "1 requests are left in this hour" in examined.finding("Toggl token", "warning")
    examined.examine()
    assert "TogglQuotaExceeded: the service asks to wait" in examined.finding("Toggl token", "warning")


def test_a_workspace_that_the_user_is_not_in_is_a_problem(examined: Examined) -> None:
    examined.arrange(toggl_workspace_id="7")

    assert f"one of {examined.toggl.workspace_id} (Studio)" in examined.finding("Toggl workspace", "problem")


def test_a_workspace_of_the_user_is_named(examined: Examined) -> None:
    examined.arrange(toggl_workspace_id=str(examined.toggl.workspace_id))

    assert "Studio" in examined.finding("Toggl workspace", "ok")


def test_a_token_that_gitlab_refuses_is_a_problem(examined: Examined) -> None:
    examined.arrange()
    examined.gitlab.revoke_token(GITLAB_TOKEN)

    assert "GitLab refuses the token (HTTP 401)" in examined.finding("GitLab token", "problem")


@pytest.mark.parametrize("scope", ["read_api", "read_user"])
def test_a_token_that_may_only_read_is_a_problem(scope: str, examined: Examined) -> None:
    examined.arrange()
    examined.gitlab.add_token(GITLAB_TOKEN, "mira", [scope])

    messages = [message for level, message in examined.examine()[1]["GitLab token"] if level == "problem"]

    assert f"its scopes are {scope}, but logging time needs api" in messages[0]


@pytest.mark.parametrize(("days", "level"), [(3, "warning"), (-1, "warning"), (15, "ok")])
def test_a_token_that_ends_soon_is_a_warning(days: int, level: str, examined: Examined) -> None:
    examined.arrange()
    end = TODAY + timedelta(days=days)
    examined.gitlab.add_token(GITLAB_TOKEN, "mira", expires=end)

    assert (level, f"it ends on {end}") in [
        (one, message.split(":")[0]) for one, message in examined.examine()[1]["GitLab token"]
    ]


def test_a_gitlab_that_is_too_old_is_a_problem(examined: Examined) -> None:
    examined.arrange()
    examined.gitlab.make_too_old()

    found = examined.examine()[1]

    assert found["GitLab version"] == [
        ("problem", "GitLab 14.10.5 cannot log time with a date: 15.2 or later is needed")
    ]
    assert "GitLab does not say what its scopes are; it needs api" in found["GitLab token"][0][1]


def test_a_gitlab_that_tells_no_roles_is_not_blamed_for_it(examined: Examined) -> None:
    examined.arrange()
    examined.gitlab.tell_no_roles()

    assert "does not say whether the user may log time" in examined.finding("GitLab projects", "ok")


def test_each_project_is_tried_for_the_right_to_log_time(examined: Examined) -> None:
    examined.gitlab.add_project("studio/guests", roles={"mira": "guest"})
    examined.gitlab.add_project("studio/public", roles={}, public=True)
    examined.gitlab.add_project("studio/old", roles={"mira": "owner"}, archived=True)
    paths = ("studio/guests", "studio/public", "studio/old", "studio/secret", "studio/website")
    examined.arrange(project_map=json.dumps({f"Toggl's {path}": path for path in paths}))

    found = examined.examine()[1]["GitLab projects"]

    assert [level for level, _message in found] == ["ok", "problem", "problem", "problem", "problem"]
    assert found[0][1] == "the default project studio/website: the token's user may log time"
    assert "studio/guests (of Toggl's studio/guests in project_map): the token's user may not" in found[1][1]
    assert "studio/old" in found[2][1]
    assert "is archived" in found[2][1]
    assert "may not log time" in found[3][1]
    assert "studio/secret" in found[4][1]
    assert "does not exist, or the token's user cannot see it" in found[4][1]


def test_a_project_of_the_map_may_be_given_by_its_number_and_null_is_none(examined: Examined) -> None:
    number = examined.gitlab.add_project("studio/numbered").id
    examined.arrange(project_map=json.dumps({"By number": number, "*": 999_999, "Private": None}))

    found = examined.examine()[1]["GitLab projects"]

    assert [level for level, _message in found] == ["ok", "problem", "ok"]
    assert "999999 (of * in project_map): it does not exist" in found[1][1]
    assert "studio/numbered (of By number in project_map)" in found[2][1]


@pytest.mark.parametrize("project", ["99", "studio/secret"])
def test_a_default_project_that_is_not_there_is_a_problem(project: str, examined: Examined) -> None:
    examined.arrange(gitlab_project_id=project)

    assert f"the default project {project}: it does not exist" in examined.finding("GitLab projects", "problem")


def test_another_user_than_the_one_who_posted_is_a_problem_with_both_ways_out(examined: Examined) -> None:
    examined.arrange(record={"posted_by": "jon"})

    message = examined.finding("GitLab user", "problem")

    assert "jon has posted so far, but the token is mira's" in message
    assert "--accept-new-user" in message


@pytest.mark.parametrize("service", ["toggl", "gitlab"])
@pytest.mark.parametrize(("seconds", "words"), [(90, "s ahead of this machine's"), (-90, "s behind this machine's")])
def test_a_clock_that_is_more_than_a_minute_off_is_a_warning(
    seconds: int, words: str, service: str, examined: Examined
) -> None:
    examined.arrange()
    getattr(examined, service).clock_error_seconds = seconds
    look = f"{ {'toggl': 'Toggl', 'gitlab': 'GitLab'}[service] } clock"

    assert words in examined.finding(look, "warning")


def test_a_user_who_was_renamed_is_the_same_by_the_number(examined: Examined) -> None:
    number = examined.gitlab.user("mira").id
    examined.arrange(record={"posted_by": "mira-old", "posted_by_id": str(number)})

    assert examined.finding("GitLab user", "ok") == (
        "mira-old, now called mira, has posted so far, and the token is theirs"
    )


def test_when_the_user_changed_is_said(examined: Examined) -> None:
    examined.arrange(record={"posted_by": "mira", "user_changed_at": "2026-11-20T09:00:00Z"})

    messages = [message for _level, message in examined.examine()[1]["GitLab user"]]

    assert messages[1].startswith("mira has posted since 2026-11-20 09:00 UTC; what an earlier user has logged")


def test_keys_of_the_map_that_toggl_does_not_know_or_has_twice_are_warnings(examined: Examined) -> None:
    examined.toggl.add_project("Website")
    ids = sorted(examined.toggl.add_project("App").id for _time in range(2))
    rows = {"Website": "studio/website", "Websight": "studio/website", "App": "studio/website", "*": "studio/website"}
    examined.arrange(project_map=rows)

    assert examined.examine()[1]["project map"] == [
        ("warning", "project_map has 'Websight', but Toggl has no project of this name or id: correct the key."),
        (
            "warning",
            f"project_map has 'App', but Toggl has several projects of this name: use their ids, {ids[0]}, {ids[1]}.",
        ),
    ]


def test_a_map_that_toggl_knows_is_fine_and_so_is_none(examined: Examined) -> None:
    examined.toggl.add_project("Website")
    examined.arrange(project_map={"Website": "studio/website"})

    assert examined.finding("project map", "ok") == "Toggl has every project that it names: 1 row"
