"""What a client of Toggl Track depends on, proven on the stand-in over real HTTP."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.standins.server import Request
from local.standins.toggl.server import (
    Toggl,
    at_path,
    on_entries,
    on_modified_since,
    on_projects,
    on_reports,
    on_workspaces,
)

ENTRIES = "/api/v9/me/time_entries"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = {"start_date": "2026-11-19T00:00:00+01:00", "end_date": "2026-11-20T00:00:00+01:00"}


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Client:
    """The plainest client: one session, the right token, no redirects, nothing from the environment."""

    def __init__(self, toggl: Toggl) -> None:
        self.toggl = toggl
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, auth: Any = "token", **query: str) -> requests.Response:
        auth = (self.toggl.token, "api_token") if auth == "token" else auth
        return self.session.get(self.toggl.url + path, params=query, auth=auth, timeout=5, allow_redirects=False)

    def entries(self, **query: str) -> list[dict[str, Any]]:
        response = self.get(ENTRIES, **query)
        assert response.status_code == 200, response.text
        return list(response.json())

    def ids(self, **query: str) -> list[int]:
        return [entry["id"] for entry in self.entries(**query)]

    def refusal(self, **query: str) -> str:
        """The JSON string of a 400."""
        response = self.get(ENTRIES, **query)
        assert response.status_code == 400, response.text
        return str(response.json())

    def report(self, workspace: int | None = None, **body: Any) -> requests.Response:
        path = f"/reports/api/v3/workspace/{workspace or self.toggl.workspace_id}/search/time_entries"
        auth = (self.toggl.token, "api_token")
        return self.session.post(self.toggl.url + path, json=body, auth=auth, timeout=5)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stopping() -> Iterator[Executor]:
    """Stops the servers beside the tests: each takes the twentieth of a second in which it looks for its end."""
    with ThreadPoolExecutor() as executor:
        yield executor


@pytest.fixture
def toggl(clock: Clock, stopping: Executor) -> Iterator[Toggl]:
    stand_in = Toggl(clock=clock, now=lambda: NOW).start()
    yield stand_in
    stopping.submit(stand_in.stop)


@pytest.fixture
def client(toggl: Toggl) -> Client:
    return Client(toggl)


def test_no_credentials_are_answered_401_without_a_body_but_with_a_header(client: Client) -> None:
    response = client.get(ENTRIES, auth=None, **DAY)

    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["X-Authorization-Missing"] == "true"


@pytest.mark.parametrize(
    "auth",
    [("wrong", "api_token"), ("TOKEN", "wrong"), ("mira@studio.example", "secret"), ("", ""), ("ümlaut", "api_token")],
)
def test_wrong_credentials_are_answered_403(client: Client, toggl: Toggl, auth: tuple[str, str]) -> None:
    user, password = (part.replace("TOKEN", toggl.token) for part in auth)

    assert client.get(ENTRIES, auth=(user.encode(), password), **DAY).status_code == 403


def test_the_token_is_the_user_and_api_token_is_the_password(client: Client, toggl: Toggl) -> None:
    toggl.token = "f" * 32
    client.get("/api/v9/me")

    sent = toggl.requests[-1].headers["authorization"]

    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "f" * 32 + ":api_token"
    assert client.get("/api/v9/me").status_code == 200


def test_the_quota_headers_come_on_every_answer(client: Client, toggl: Toggl) -> None:
    project_page = f"/api/v9/workspaces/{toggl.workspace_id}/projects"
    answers = [
        client.get("/api/v9/me"),
        client.get(ENTRIES, **DAY),
        client.get(ENTRIES, start_date="nonsense", end_date="nonsense"),
        client.get(project_page),
        client.report(start_date="2026-11-19"),
        client.get("/api/v9/me", auth=None),
        client.get("/nowhere"),
    ]

    assert [answer.headers["X-Toggl-Quota-Remaining"] for answer in answers] == [
        "29", "28", "27", "239", "238", "27", "237",
    ]  # fmt: skip
    assert all(answer.headers["X-Toggl-Quota-Resets-In"] == "3600" for answer in answers)


def test_the_thirty_first_me_call_of_an_hour_is_answered_402_until_the_quota_resets(
    client: Client, clock: Clock
) -> None:
    for _ in range(30):
        assert client.get("/api/v9/me").status_code == 200
    clock.seconds += 1_000.5

    exceeded = client.get("/api/v9/me")

    assert exceeded.status_code == 402
    assert exceeded.headers["X-Toggl-Quota-Remaining"] == "0"
    assert exceeded.headers["X-Toggl-Quota-Resets-In"] == "2600"
    assert exceeded.headers["Content-Type"].startswith("text/plain")
    assert "2600 seconds" in exceeded.text
    assert client.get("/api/v9/workspaces").status_code == 200

    clock.seconds += 2_600
    assert client.get("/api/v9/me").headers["X-Toggl-Quota-Remaining"] == "29"


def test_reports_and_workspaces_draw_on_the_quota_of_the_plan(client: Client, toggl: Toggl) -> None:
    toggl.workspace_quota.total = 1

    assert client.report(start_date="2026-11-19").status_code == 200
    assert client.report(start_date="2026-11-19").status_code == 402
    assert client.get(ENTRIES, **DAY).status_code == 200


@pytest.mark.parametrize(("plan", "calls"), [("free", 30), ("starter", 240), ("premium", 600)])
def test_the_plan_decides_the_quota(plan: Any, calls: int) -> None:
    with Toggl(plan=plan) as toggl:
        assert toggl.workspace_quota.total == calls


def test_the_quota_page_says_what_is_left_of_both(client: Client, toggl: Toggl) -> None:
    client.get("/api/v9/workspaces")

    assert client.get("/api/v9/me/quota").json() == [
        {"organization_id": None, "remaining": 29, "resets_in_secs": 3600, "total": 30},
        {"organization_id": toggl.organization_id, "remaining": 239, "resets_in_secs": 3600, "total": 240},
    ]


def test_clearing_the_stand_in_gives_the_quota_back(client: Client, toggl: Toggl) -> None:
    toggl.me_quota.total = 1
    client.get("/api/v9/me")

    toggl.clear()

    assert client.get("/api/v9/me").status_code == 200


def test_more_than_one_request_a_second_is_answered_429_when_the_burst_limit_is_on(
    client: Client, toggl: Toggl, clock: Clock
) -> None:
    toggl.burst_limit = True

    statuses = [client.get("/api/v9/me").status_code for _ in range(2)]
    clock.seconds += 1
    statuses.append(client.get("/api/v9/me").status_code)

    assert statuses == [200, 429, 200]


def test_the_burst_limit_is_off_by_default(client: Client) -> None:
    assert [client.get("/api/v9/me").status_code for _ in range(3)] == [200, 200, 200]


def test_an_entry_has_the_fields_of_the_service_and_an_id_beyond_32_bits(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry(
        "#12 Fix", "2026-11-19T09:00:00+01:00", 1_800, id=4_000_000_000, tags=["dev"], billable=True
    )

    [found] = client.entries(**DAY)

    tag_ids = found.pop("tag_ids")
    assert found == {
        "id": 4_000_000_000,
        "workspace_id": toggl.workspace_id,
        "project_id": None,
        "task_id": None,
        "billable": True,
        "start": "2026-11-19T08:00:00Z",
        "stop": "2026-11-19T08:30:00+00:00",
        "duration": 1_800,
        "description": "#12 Fix",
        "tags": ["dev"],
        "duronly": True,
        "at": "2026-11-19T08:30:00+00:00",
        "server_deleted_at": None,
        "user_id": toggl.user_id,
        "uid": toggl.user_id,
        "wid": toggl.workspace_id,
        "permissions": None,
        "shared_with": [],
    }
    assert len(tag_ids) == 1
    assert toggl.add_entry("next", entry.start, 60).id > 2**31


def test_times_are_utc_in_both_spellings_within_one_answer(client: Client, toggl: Toggl) -> None:
    for hour in (9, 10):
        toggl.add_entry("#1", f"2026-11-19T{hour:02}:00:00+01:00", 600)

    starts = [entry["start"] for entry in client.entries(**DAY)]

    assert {text[-1] for text in starts} == {"Z", "0"}
    assert {datetime.fromisoformat(text).utcoffset() for text in starts} == {timedelta(0)}


def test_a_null_description_and_missing_tags_come_as_null(client: Client, toggl: Toggl) -> None:
    toggl.add_entry(None, "2026-11-19T09:00:00+01:00", 600)

    [found] = client.entries(**DAY)

    assert [found[name] for name in ("description", "tags", "tag_ids", "project_id", "task_id")] == [None] * 5


def test_pid_and_tid_are_there_only_with_a_project_and_a_task(client: Client, toggl: Toggl) -> None:
    project = toggl.add_project("Website")
    toggl.add_entry("bare", "2026-11-19T09:00:00+01:00", 600)
    toggl.add_entry("full", "2026-11-19T10:00:00+01:00", 600, project=project, task="Design")

    full, bare = client.entries(**DAY)

    assert (full["pid"], full["project_id"]) == (project.id, project.id)
    assert full["tid"] == full["task_id"]
    assert not {"pid", "tid"} & bare.keys()


def test_names_come_only_with_meta_and_each_only_when_it_applies(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", client="Studio")
    toggl.add_project("Inner", active=False)
    toggl.add_entry("client", "2026-11-19T09:00:00+01:00", 600, project="Website", task="Design")
    toggl.add_entry("no client", "2026-11-19T10:00:00+01:00", 600, project="Inner")
    toggl.add_entry("no project", "2026-11-19T11:00:00+01:00", 600)
    named = ("client_name", "project_name", "project_active", "task_name", "user_name")

    def names(**query: str) -> list[dict[str, Any]]:
        return [{name: one[name] for name in named if name in one} for one in client.entries(**DAY, **query)]

    assert names(meta="true") == [
        {"user_name": "Mira Lindqvist"},
        {"project_name": "Inner", "project_active": False, "user_name": "Mira Lindqvist"},
        {
            "client_name": "Studio",
            "project_name": "Website",
            "project_active": True,
            "task_name": "Design",
            "user_name": "Mira Lindqvist",
        },
    ]
    assert names() == [{}, {}, {}]


def test_on_a_free_plan_every_entry_says_it_is_not_billable(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, billable=True)
    toggl.plan = "free"

    assert [entry["billable"] for entry in client.entries(**DAY)] == [False]


def test_entries_come_newest_start_first_whatever_the_order_of_adding(client: Client, toggl: Toggl) -> None:
    noon, nine, ten = (toggl.add_entry("#1", f"2026-11-19T{hour}:00:00+01:00", 600).id for hour in ("12", "09", "10"))

    assert client.ids(**DAY) == [noon, ten, nine]


def test_the_window_looks_at_the_start_only(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("began before", "2026-11-18T23:40:00+01:00", 3_600)
    late = toggl.add_entry("ends after", "2026-11-19T23:40:00+01:00", 3_600)

    assert client.ids(**DAY) == [late.id]


def test_an_instant_as_the_end_is_inclusive_unless_the_stand_in_is_told_otherwise(client: Client, toggl: Toggl) -> None:
    first = toggl.add_entry("first", "2026-11-19T00:00:00+01:00", 600)
    next_day = toggl.add_entry("next day", "2026-11-20T00:00:00+01:00", 600)

    assert client.ids(**DAY) == [next_day.id, first.id]
    toggl.end_inclusive = False
    assert client.ids(**DAY) == [first.id]


def test_a_date_as_the_end_is_exclusive_and_dates_are_utc_days(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("00:30 in Berlin is the day before", "2026-11-19T00:30:00+01:00", 600)
    first = toggl.add_entry("first of the UTC day", "2026-11-19T00:00:00Z", 600)
    last = toggl.add_entry("last of the UTC day", "2026-11-20T00:59:59+01:00", 600)
    toggl.add_entry("next UTC day", "2026-11-20T00:00:00Z", 600)

    assert client.ids(start_date="2026-11-19", end_date="2026-11-20") == [last.id, first.id]


@pytest.mark.parametrize("alone", ["start_date", "end_date"])
def test_one_end_of_a_window_alone_is_refused(client: Client, alone: str) -> None:
    assert client.refusal(**{alone: "2026-11-19"}) == "start_date and end_date must be used together"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-19T09:00:00",
        "2026-11-19T09:00+01:00",
        "2026-11-19T09:00:00 01:00",
        "2026-11-19 09:00:00+01:00",
        "2026-13-19",
        "20261119",
        "19.11.2026",
        "1763628600",
        "2026-11-19T09:00:00.5+0100",
    ],
)
def test_a_window_that_is_neither_a_date_nor_rfc_3339_with_seconds_and_offset_is_refused(
    client: Client, text: str
) -> None:
    assert "invalid start_date" in client.refusal(start_date=text, end_date="2026-11-20")


@pytest.mark.parametrize("text", ["2026-11-19T00:00:00Z", "2026-11-19T00:00:00.000Z", "2026-11-19T05:30:00+05:30"])
def test_rfc_3339_is_taken_with_any_offset(client: Client, toggl: Toggl, text: str) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T00:00:00Z", 600)

    assert client.ids(start_date=text, end_date="2026-11-20") == [entry.id]


def test_a_plus_that_was_not_escaped_is_a_space_and_refused(client: Client) -> None:
    query = "?start_date=2026-11-19T00:00:00+01:00&end_date=2026-11-20"

    assert client.get(ENTRIES + query).status_code == 400


def test_an_end_before_the_start_is_refused(client: Client) -> None:
    assert "must not be earlier" in client.refusal(start_date="2026-11-19", end_date="2026-11-18")


def test_a_start_more_than_three_months_ago_is_refused_with_a_json_string(client: Client) -> None:
    assert client.refusal(start_date="2026-08-19", end_date="2026-08-21") == (
        "start_date must not be earlier than 2026-08-20"
    )
    assert client.ids(start_date="2026-08-20", end_date="2026-08-21") == []


def test_three_months_before_the_end_of_may_is_the_end_of_february(client: Client, toggl: Toggl) -> None:
    toggl.now = lambda: datetime(2026, 5, 31, 12, 0, tzinfo=UTC)

    assert client.refusal(start_date="2026-02-27", end_date="2026-05-31").endswith("2026-02-28")


@pytest.mark.parametrize(("start", "end"), [("2005-12-31", "2026-11-20"), ("2026-11-19", "2031-01-01")])
def test_years_outside_2006_to_2030_are_refused(client: Client, start: str, end: str) -> None:
    assert "between 2006 and 2030" in client.refusal(start_date=start, end_date=end)


def test_at_most_a_thousand_entries_come_and_paging_by_the_oldest_start_reaches_the_rest(
    client: Client, toggl: Toggl
) -> None:
    begin = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    for minute in range(1_004):
        toggl.add_entry("#1", begin + timedelta(minutes=minute // 2), 60)

    first = client.entries(**DAY)
    oldest = min(datetime.fromisoformat(entry["start"]) for entry in first)
    second = client.entries(start_date=DAY["start_date"], end_date=oldest.isoformat())

    assert len(first) == 1_000
    assert {entry["id"] for entry in first + second} == {entry.id for entry in toggl.entries}
    assert len(first + second) > 1_004


def test_a_running_entry_appears_in_any_window_in_all_its_shapes(client: Client, toggl: Toggl) -> None:
    start = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    epoch = -int(start.timestamp())
    ids = [
        toggl.add_entry("minus one", start, running=True).id,
        toggl.add_entry("minus epoch", start, running=True, duration=epoch).id,
        toggl.add_entry("zero", start, running=True, duration=0).id,
    ]

    found = {entry["id"]: (entry["stop"], entry["duration"]) for entry in client.entries(**DAY)}

    assert found == dict(zip(ids, [(None, -1), (None, epoch), (None, 0)], strict=True))
    toggl.running_everywhere = False
    assert client.ids(**DAY) == []


def test_since_goes_by_modification_and_shows_deleted_entries(client: Client, toggl: Toggl) -> None:
    untouched, edited, deleted = (
        toggl.add_entry(word, "2026-11-10T09:00:00+01:00", 600) for word in ("untouched", "edited", "deleted")
    )
    new = toggl.add_entry("new", "2026-11-20T09:00:00+01:00", 600)
    toggl.edit(edited.id, description="#5 edited")
    toggl.delete(deleted.id)

    since = str(int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()))
    found = {entry["id"]: entry for entry in client.entries(since=since)}

    assert found.keys() == {edited.id, deleted.id, new.id}
    assert datetime.fromisoformat(found[deleted.id]["server_deleted_at"]) == NOW
    assert found[edited.id]["server_deleted_at"] is None
    assert untouched.id not in found


def test_a_deleted_entry_is_in_no_window_and_not_in_before(client: Client, toggl: Toggl) -> None:
    toggl.delete(toggl.add_entry("gone", "2026-11-19T09:00:00+01:00", 600).id)

    assert client.ids(**DAY) == client.ids(before="2026-11-20") == client.ids() == []


def test_before_is_exclusive(client: Client, toggl: Toggl) -> None:
    early = toggl.add_entry("early", "2026-11-19T08:59:59Z", 600)
    toggl.add_entry("late", "2026-11-19T09:00:00Z", 600)

    assert client.ids(before="2026-11-19T10:00:00+01:00") == [early.id]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "1763600000", "before": "2026-11-20"},
        {"since": "1763600000", **DAY},
        {"before": "2026-11-20", **DAY},
        {"since": "2026-11-20"},
        {"since": "1763600000000"},
        {"since": "-1"},
    ],
)
def test_since_and_before_stand_alone_and_since_is_in_seconds(client: Client, query: dict[str, str]) -> None:
    assert client.refusal(**query)


def test_an_edit_moves_the_modification_time_and_the_duration_with_the_times(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)

    toggl.edit(entry.id, stop="2026-11-19T10:00:00+01:00", description=None)

    [found] = client.entries(**DAY)
    assert (found["duration"], found["description"]) == (3_600, None)
    assert datetime.fromisoformat(found["at"]) == NOW


def test_stopping_a_running_entry_gives_it_a_duration(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", running=True)

    toggl.edit(entry.id, stop=900)

    assert [(one["duration"], one["stop"] is None) for one in client.entries(**DAY)] == [(900, False)]


def test_a_duration_may_differ_from_the_times(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 3_600, duration=5_400)

    assert [entry["duration"] for entry in client.entries(**DAY)] == [5_400]


def test_entries_of_other_users_are_not_mine_and_those_of_other_workspaces_are(client: Client, toggl: Toggl) -> None:
    colleague = toggl.add_user("Jonas Weber", "jonas@studio.example")
    other = toggl.add_workspace("Elsewhere")
    toggl.add_entry("his", "2026-11-19T09:00:00+01:00", 600, user=colleague)
    mine = toggl.add_entry("mine", "2026-11-19T10:00:00+01:00", 600, workspace=other)

    assert [(entry["id"], entry["workspace_id"]) for entry in client.entries(**DAY)] == [(mine.id, other)]


def test_me_gives_the_timezone_and_shows_the_token_in_clear(client: Client, toggl: Toggl) -> None:
    toggl.timezone = "America/New_York"

    me = client.get("/api/v9/me").json()

    assert (me["timezone"], me["default_workspace_id"]) == ("America/New_York", toggl.workspace_id)
    assert (me["id"], me["api_token"]) == (toggl.user_id, toggl.token)


def test_workspaces_are_listed_with_id_and_name_and_show_a_token_in_clear(client: Client, toggl: Toggl) -> None:
    other = toggl.add_workspace("Elsewhere")

    listed = client.get("/api/v9/workspaces").json()

    assert [(one["id"], one["name"]) for one in listed] == [(toggl.workspace_id, "Studio"), (other, "Elsewhere")]
    assert client.get(f"/api/v9/workspaces/{other}").json()["api_token"] == toggl.workspace_token
    assert client.get("/api/v9/workspaces/1").status_code == 403


def test_projects_come_in_pages_of_151_at_most_200_and_active_ones_only_unless_both_are_asked(
    client: Client, toggl: Toggl
) -> None:
    for number in range(202):
        toggl.add_project(f"Project {number:03}", active=number != 0)
    toggl.add_project("Project 000 of another workspace", workspace=toggl.add_workspace("Elsewhere"))
    path = f"/api/v9/workspaces/{toggl.workspace_id}/projects"

    def names(**query: str) -> list[str]:
        return [project["name"] for project in client.get(path, **query).json()]

    assert names(active="both")[0] == "Project 000"
    assert len(names()) == 151
    assert names()[0] == "Project 001"
    assert names(active="false") == ["Project 000"]
    assert names(active="both", per_page="200", page="2") == ["Project 200", "Project 201"]
    assert names(active="both", per_page="200", page="3") == []
    assert client.get(path, per_page="201").status_code == 400


def test_users_of_a_workspace_are_listed(client: Client, toggl: Toggl) -> None:
    toggl.add_user("Jonas Weber", "jonas@studio.example", id=10_700_000)

    users = client.get(f"/api/v9/workspaces/{toggl.workspace_id}/users").json()

    assert users[-1] == {
        "id": 10_700_000,
        "fullname": "Jonas Weber",
        "email": "jonas@studio.example",
        "is_active": True,
        "is_admin": False,
        "inactive": False,
    }


def test_nothing_can_be_written(client: Client, toggl: Toggl) -> None:
    url = f"{toggl.url}/api/v9/workspaces/{toggl.workspace_id}/time_entries/4000000000"
    auth = (toggl.token, "api_token")

    assert client.session.patch(url, json=[], auth=auth, timeout=5).status_code == 404
    assert client.session.delete(toggl.url + ENTRIES, auth=auth, timeout=5).status_code == 405


def test_a_report_groups_entries_with_local_offsets_and_the_ids_of_v9(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", id=200_000_001, client="Studio")
    entry = toggl.add_entry("#1", "2026-06-19T08:00:00Z", 1_860, project="Website", tags=["dev"], task="Design")

    [row] = client.report(start_date="2026-06-19", end_date="2026-06-19", rounding=0).json()

    assert row["time_entries"] == [
        {
            "id": entry.id,
            "seconds": 1_860,
            "start": "2026-06-19T10:00:00+02:00",
            "stop": "2026-06-19T10:31:00+02:00",
            "at": "2026-06-19T08:31:00+00:00",
        }
    ]
    assert (row["description"], row["project_id"], row["row_number"]) == ("#1", 200_000_001, 1)
    assert (row["user_id"], row["username"], row["billable"]) == (toggl.user_id, "Mira Lindqvist", False)
    assert not {"project_name", "tag_names", "email"} & row.keys()


def test_names_come_in_a_report_that_is_enriched(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", client="Studio")
    toggl.add_entry("#1", "2026-06-19T08:00:00Z", 600, project="Website", tags=["dev"], task="Design")

    [row] = client.report(start_date="2026-06-19", enrich_response=True).json()

    names = ("client_name", "project_name", "tag_names", "task_name", "email")
    assert [row[name] for name in names] == ["Studio", "Website", ["dev"], "Design", "mira@studio.example"]


def test_a_report_applies_the_users_own_rounding_unless_it_is_sent_rounding_0(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-06-19T08:00:00Z", 301)

    def seconds(**body: Any) -> int:
        return int(client.report(start_date="2026-06-19", **body).json()[0]["time_entries"][0]["seconds"])

    assert seconds() == 900
    assert seconds(rounding=0) == 301
    assert seconds(rounding=1, rounding_minutes=6) == 360
    toggl.rounding_minutes = 0
    assert seconds() == 301


def test_a_reports_days_are_in_the_users_timezone_and_both_inclusive(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("23:59:59 the day before", "2026-06-18T23:59:59+02:00", 600)
    first = toggl.add_entry("first", "2026-06-19T00:00:00+02:00", 600)
    last = toggl.add_entry("last", "2026-06-20T23:59:59+02:00", 600)
    toggl.add_entry("the day after", "2026-06-21T00:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2026-06-19", end_date="2026-06-20")) == [last.id, first.id]


def test_a_report_without_an_end_reaches_six_days_on(client: Client, toggl: Toggl) -> None:
    seventh = toggl.add_entry("seventh day", "2026-06-25T09:00:00+02:00", 600)
    toggl.add_entry("eighth day", "2026-06-26T09:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2026-06-19")) == [seventh.id]


def test_a_report_has_no_running_and_no_deleted_entries(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("running", "2026-11-19T09:00:00+01:00", running=True)
    toggl.add_entry("running", "2026-11-19T09:00:00+01:00", running=True, duration=0)
    toggl.delete(toggl.add_entry("gone", "2026-11-19T09:00:00+01:00", 600).id)

    assert client.report(start_date="2026-11-19").json() == []


def test_a_report_is_of_one_workspace(client: Client, toggl: Toggl) -> None:
    other = toggl.add_workspace("Elsewhere")
    here = toggl.add_entry("here", "2026-06-19T09:00:00+02:00", 600)
    there = toggl.add_entry("there", "2026-06-19T09:00:00+02:00", 600, workspace=other)

    assert _report_ids(client.report(start_date="2026-06-19")) == [here.id]
    assert _report_ids(client.report(workspace=other, start_date="2026-06-19")) == [there.id]
    assert client.report(workspace=1, start_date="2026-06-19").status_code == 403


def test_only_an_admins_report_shows_other_users_and_user_ids_narrow_it(client: Client, toggl: Toggl) -> None:
    colleague = toggl.add_user("Jonas Weber", "jonas@studio.example")
    mine = toggl.add_entry("mine", "2026-06-19T10:00:00+02:00", 600)
    his = toggl.add_entry("his", "2026-06-19T09:00:00+02:00", 600, user=colleague)

    assert _report_ids(client.report(start_date="2026-06-19")) == [mine.id]
    assert _report_ids(client.report(start_date="2026-06-19", user_ids=[colleague.id])) == []
    toggl.admin = True
    assert _report_ids(client.report(start_date="2026-06-19")) == [mine.id, his.id]
    assert _report_ids(client.report(start_date="2026-06-19", user_ids=[toggl.user_id])) == [mine.id]


def test_a_report_filters_by_billable_and_by_project(client: Client, toggl: Toggl) -> None:
    project = toggl.add_project("Website")
    paid = toggl.add_entry("paid", "2026-06-19T10:00:00+02:00", 600, billable=True)
    free = toggl.add_entry("free", "2026-06-19T09:00:00+02:00", 600, project=project)

    assert _report_ids(client.report(start_date="2026-06-19", billable=True)) == [paid.id]
    assert _report_ids(client.report(start_date="2026-06-19", project_ids=[project.id])) == [free.id]


def test_a_report_comes_in_pages_of_50_whose_headers_lead_to_the_next_and_are_absent_on_the_last(
    client: Client, toggl: Toggl
) -> None:
    begin = datetime(2026, 6, 19, 6, 0, tzinfo=UTC)
    added = [toggl.add_entry("#1", begin + timedelta(minutes=number), 60).id for number in range(120)]

    seen: list[int] = []
    sizes: list[int] = []
    cursor: dict[str, int] = {}
    while True:
        page = client.report(start_date="2026-06-19", order_dir="ASC", **cursor)
        seen += _report_ids(page)
        sizes.append(len(page.json()))
        if "X-Next-ID" not in page.headers:
            break
        cursor = {
            "first_id": int(page.headers["X-Next-ID"]),
            "first_row_number": int(page.headers["X-Next-Row-Number"]),
            "first_timestamp": int(page.headers["X-Next-Timestamp"]),
        }

    assert (seen, sizes) == (added, [50, 50, 20])
    assert cursor["first_row_number"] == 101
    assert not {"X-Next-ID", "X-Next-Row-Number", "X-Next-Timestamp"} & page.headers.keys()


def test_a_report_that_fills_its_last_page_exactly_has_no_next_one(client: Client, toggl: Toggl) -> None:
    for hour in (9, 10):
        toggl.add_entry("#1", f"2026-06-19T{hour:02}:00:00+02:00", 600)

    assert "X-Next-ID" not in client.report(start_date="2026-06-19", page_size=2).headers
    assert "X-Next-ID" in client.report(start_date="2026-06-19", page_size=1).headers


def test_a_grouped_report_puts_alike_entries_into_one_row(client: Client, toggl: Toggl) -> None:
    nine, ten, eleven = (
        toggl.add_entry(text, f"2026-06-19T{hour}:00:00+02:00", 600).id
        for text, hour in (("#1", "09"), ("#2", "10"), ("#1", "11"))
    )

    rows = client.report(start_date="2026-06-19", grouped=True).json()

    assert [[entry["id"] for entry in row["time_entries"]] for row in rows] == [[eleven, nine], [ten]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start_date": "2026-06-19T00:00:00Z"},
        {"start_date": "2026-06-31"},
        {"start_date": "2026-06-19", "end_date": "2026-06-18"},
        {"start_date": "2025-06-19", "end_date": "2026-06-20"},
        {"start_date": "2026-06-19", "first_row_number": 51},
        {"start_date": "2026-06-19", "first_id": "4000000000", "first_row_number": "51", "first_timestamp": "1"},
        {"start_date": "2026-06-19", "user_ids": ["1"]},
        {"start_date": "2026-06-19", "page_size": 0},
        {"start_date": "2026-06-19", "order_by": "colour"},
    ],
)
def test_a_report_that_is_asked_wrongly_is_refused(client: Client, body: dict[str, Any]) -> None:
    response = client.report(**body)

    assert response.status_code == 400
    assert isinstance(response.json(), str)


def test_a_report_reaches_366_days_at_once_and_any_distance_back(client: Client, toggl: Toggl) -> None:
    old = toggl.add_entry("old", "2023-06-19T09:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2023-06-19", end_date="2024-06-18")) == [old.id]


def test_a_report_is_asked_by_post(client: Client, toggl: Toggl) -> None:
    assert client.get(f"/reports/api/v3/workspace/{toggl.workspace_id}/search/time_entries").status_code == 405


def test_a_quota_fault_says_when_the_quota_resets(client: Client, toggl: Toggl) -> None:
    toggl.fail("quota", when=on_entries, seconds=754)

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == 402
    assert response.headers["X-Toggl-Quota-Remaining"] == "0"
    assert response.headers["X-Toggl-Quota-Resets-In"] == "754"
    assert client.get(ENTRIES, **DAY).status_code == 200


def test_an_unpaid_feature_is_a_402_with_quota_left_and_a_json_string(client: Client, toggl: Toggl) -> None:
    toggl.fail("not_paid")

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == 402
    assert int(response.headers["X-Toggl-Quota-Remaining"]) > 0
    assert isinstance(response.json(), str)


@pytest.mark.parametrize(("seconds", "retry_after"), [(0, None), (3, "3"), (0.2, "1")])
def test_a_rate_limit_comes_with_and_without_retry_after(
    client: Client, toggl: Toggl, seconds: float, retry_after: str | None
) -> None:
    toggl.fail("rate_limited", seconds=seconds)

    response = client.get(ENTRIES, **DAY)

    assert (response.status_code, response.headers.get("Retry-After")) == (429, retry_after)


@pytest.mark.parametrize(
    ("status", "content_type"), [(500, "application/json"), (502, "text/html"), (503, "text/html")]
)
def test_server_errors_come_as_json_or_as_a_page(client: Client, toggl: Toggl, status: int, content_type: str) -> None:
    toggl.fail("server_error", status=status)

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("forbidden", 403, b'"User does not have access to this resource"'),
        ("empty", 200, b""),
        ("wrong_shape", 200, b'{"items": [], "total_count": 0}'),
        ("wrong_shape_null", 200, b"null"),
    ],
)
def test_other_failures_answer_what_they_say(client: Client, toggl: Toggl, kind: str, status: int, body: bytes) -> None:
    toggl.fail(kind)

    response = client.get(ENTRIES, **DAY)

    assert (response.status_code, response.content) == (status, body)


def test_the_first_entry_loses_its_id_or_everything_but_its_id(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)
    toggl.fail("wrong_shape_no_id")
    toggl.fail("wrong_shape_nulls")

    [without_id], [only_id] = client.entries(**DAY), client.entries(**DAY)

    assert "id" not in without_id
    assert without_id["duration"] == 600
    assert {name for name, value in only_id.items() if value is not None} == {"id"}
    assert only_id["id"] == entry.id


def test_an_entry_of_a_report_is_broken_the_same_way(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)
    toggl.fail("wrong_shape_no_id", when=on_reports)

    [row] = client.report(start_date="2026-11-19").json()

    assert row["time_entries"][0].keys() == {"seconds", "start", "stop", "at"}


def test_an_answer_can_be_too_large(client: Client, toggl: Toggl) -> None:
    toggl.too_large_bytes = 300_000
    toggl.fail("too_large")

    response = client.get(ENTRIES, **DAY)

    assert len(response.content) == 300_000
    assert len(response.json()) == 1


def test_a_redirect_leads_to_another_host(client: Client, toggl: Toggl) -> None:
    toggl.fail("redirect")
    toggl.fail("redirect", body=b"http://127.0.0.1:9/here")

    locations = [client.get(ENTRIES, **DAY).headers["Location"] for _ in range(2)]

    assert locations == [f"https://elsewhere.invalid{ENTRIES}", "http://127.0.0.1:9/here"]


def test_an_unknown_fault_is_a_mistake_of_the_test(toggl: Toggl) -> None:
    fault = toggl.fail("no_such_fault")

    with pytest.raises(ValueError, match="no_such_fault"):
        toggl.special_answer(fault, _request("/api/v9/me"))


@pytest.mark.parametrize(
    ("when", "path", "query"),
    [
        (on_entries, ENTRIES, {}),
        (on_modified_since, ENTRIES, {"since": "1"}),
        (on_projects, "/api/v9/workspaces/12/projects", {}),
        (on_reports, "/reports/api/v3/workspace/12/search/time_entries", {}),
        (on_workspaces, "/api/v9/workspaces", {}),
        (at_path("/api/v9/me/quota"), "/api/v9/me/quota", {}),
    ],
)
def test_a_fault_can_be_aimed_at_one_endpoint(
    when: Callable[[Request], bool], path: str, query: dict[str, str]
) -> None:
    assert when(_request(path, query))
    assert not when(_request("/api/v9/me"))


def test_the_same_id_cannot_be_added_twice(toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)

    with pytest.raises(ValueError, match="4000000000"):
        toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)


def test_an_edit_of_an_unknown_field_and_a_start_without_offset_are_mistakes_of_the_test(toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)

    with pytest.raises(ValueError, match="colour"):
        toggl.edit(entry.id, colour="red")
    with pytest.raises(ValueError, match="no offset"):
        toggl.add_entry("#1", "2026-11-19T09:00:00", 600)


def _report_ids(response: requests.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [entry["id"] for row in response.json() for entry in row["time_entries"]]


def _request(path: str, query: dict[str, str] | None = None) -> Request:
    return Request("GET", path, query or {}, {}, b"")
