"""What becomes of a request to GitLab that fails, or whose answer does: which errors prove that nothing was written."""

from __future__ import annotations

import contextlib
import html
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabTooOld,
    GitLabUnauthorized,
    GitLabUnavailable,
    InvalidSettings,
    SyncError,
)
from functions.shared import http
from functions.shared.gitlab import transport
from functions.shared.gitlab.client import GitLab
from functions.shared.model.place import NewIssue, Wanted
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.servers import Elsewhere, RawServer, closed_url, silent_server, whole
from tests.functions.shared.gitlab.support import (
    MAX_WAIT_SECONDS,
    MIRA,
    NOW,
    SHOP,
    SPENT_AT,
    TOKEN,
    Write,
    create,
    delete,
    open_issue,
    page,
    target,
)

PROJECT_ROOT = Path(__file__).resolve().parents[4]


def test_pages_that_never_end_are_given_up(
    server: stand_in.GitLab, client: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PAGES_AT_MOST", 7)
    for number in range(20):
        server.fail("body", body=page(f"cursor-{number}"))

    with pytest.raises(GitLabUnavailable, match="do not end after 7 pages"):
        client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert len(server.requests) == 7


READ_FAILURES: list[tuple[dict[str, Any], type[SyncError], str]] = [
    ({"kind": "invalid_token"}, GitLabUnauthorized, "scope api"),
    ({"kind": "forbidden"}, GitLabUnauthorized, "API not accessible for user"),
    ({"kind": "rate_limited", "seconds": 30}, GitLabRateLimited, "Waiting 30 s."),
    ({"kind": "rate_limited", "seconds": 4000}, GitLabRateLimited, "work again in 4000 s"),
    ({"kind": "application_limit"}, GitLabRateLimited, "Waiting 60 s."),
    ({"kind": "internal_error"}, GitLabUnavailable, "HTTP 500"),
    ({"kind": "status", "status": 502}, GitLabUnavailable, "HTTP 502"),
    ({"kind": "status", "status": 504}, GitLabUnavailable, "HTTP 504"),
    ({"kind": "maintenance"}, GitLabUnavailable, "HTTP 503"),
    ({"kind": "unprocessable"}, GitLabUnavailable, "HTTP 422"),
    ({"kind": "graphql_error"}, GitLabUnavailable, "Internal server error"),
    ({"kind": "graphql_error", "body": b"Timeout on Query.timelogs"}, GitLabUnavailable, "Timeout on"),
    ({"kind": "graphql_error", "body": b"Field 'x' doesn't exist on type 'Query'"}, GitLabTooOld, "15.2"),
    ({"kind": "html", "status": 200}, GitLabUnavailable, "not JSON"),
    ({"kind": "empty"}, GitLabUnavailable, "not JSON"),
    ({"kind": "wrong_shape"}, GitLabUnavailable, "without data"),
    ({"kind": "wrong_shape", "body": b"[]"}, GitLabUnavailable, "without data"),
    ({"kind": "wrong_shape", "body": b'{"data": {}}'}, GitLabUnavailable, "wrong shape"),
    ({"kind": "too_large"}, GitLabUnavailable, "larger than"),
    ({"kind": "refused"}, GitLabUnavailable, "did not answer"),
    ({"kind": "lost_answer"}, GitLabUnavailable, "did not answer"),
    ({"kind": "truncated"}, GitLabUnavailable, "did not answer"),
    ({"kind": "redirect"}, InvalidSettings, "Set gitlab_url"),
    ({"kind": "status", "status": 404}, InvalidSettings, "Set gitlab_url"),
]


@pytest.mark.parametrize(("fault", "error", "told"), READ_FAILURES)
def test_each_failure_to_read_has_its_error_and_says_what_to_do(
    server: stand_in.GitLab, client: GitLab, fault: dict[str, Any], error: type[SyncError], told: str
) -> None:
    server.fail(**fault)

    with pytest.raises(error) as caught:
        client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert type(caught.value) is error
    assert told in caught.value.message
    assert asked(server) == 1


def asked(server: stand_in.GitLab) -> int:
    """How many queries and mutations came; REST is only asked why something is forbidden."""
    return len([request for request in server.requests if request.path == "/api/graphql"])


_MEMORY = """
import resource, sys
from contract.errors import SyncError
from functions.post import handler
from functions.shared.gitlab.client import GitLab

def peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

client = GitLab(sys.argv[1], "token", 60)
before = peak_bytes()
for call in (client.username, lambda: client.delete_timelog("gid://gitlab/Timelog/1")):
    try:
        call()
    except SyncError as error:
        print(type(error).__name__)
print(peak_bytes() - before)
"""


@pytest.mark.parametrize("item", [b"{},", b"[[]],", b'{"":{}},', b"1e9,"])
def test_sixteen_megabytes_of_small_values_fit_into_post(server: stand_in.GitLab, item: bytes) -> None:
    body = b'{"data": [' + item * (16 * 1024 * 1024 // len(item)) + b"0]}"
    server.fail("body", body=body, times=2)

    ended = subprocess.run(
        [sys.executable, "-c", _MEMORY, server.url], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )

    *errors, more_bytes = ended.stdout.split()
    assert errors == ["GitLabUnavailable", "AmbiguousWrite"]
    assert int(more_bytes) < 128 * 1024 * 1024


@pytest.mark.parametrize("item", [b"[[]],", b'{"":{}},'])
def test_the_largest_answer_that_is_taken_fits_into_post(server: stand_in.GitLab, item: bytes) -> None:
    room = transport.BODY_LIMIT_BYTES - 100
    server.fail("body", body=b'{"data": [' + item * (room // len(item)) + b"0]}", times=2)

    ended = subprocess.run(
        [sys.executable, "-c", _MEMORY, server.url], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )

    *errors, more_bytes = ended.stdout.split()
    assert errors == ["GitLabUnavailable", "AmbiguousWrite"]
    assert int(more_bytes) < 128 * 1024 * 1024


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(GitLabUnavailable, match="no connection could be made"):
        GitLab(closed_url(), TOKEN, MAX_WAIT_SECONDS).username()


WRITES = pytest.mark.parametrize("write", [create, delete, open_issue])


@pytest.mark.parametrize("fault", [None, *READ_FAILURES], ids=str)
def test_a_write_is_sent_once_whatever_becomes_of_it(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, fault: tuple[dict[str, Any], Any, Any] | None
) -> None:
    if fault is not None:
        server.fail(**fault[0])

    try:
        create(client, issue)
    except SyncError:
        assert fault is not None

    assert asked(server) == 1


@WRITES
@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ({"kind": "invalid_token"}, GitLabUnauthorized, "HTTP 401"),
        ({"kind": "forbidden"}, GitLabUnauthorized, "HTTP 403"),
        ({"kind": "rate_limited", "seconds": 30}, GitLabRateLimited, "Waiting 30 s."),
        ({"kind": "rate_limited", "seconds": 4000}, GitLabRateLimited, "work again in 4000 s"),
        ({"kind": "application_limit"}, GitLabRateLimited, "Waiting 60 s."),
        ({"kind": "unprocessable"}, EntryRejected, "Query too large"),
        ({"kind": "status", "status": 422, "body": b"<h1>no</h1>"}, EntryRejected, "<h1>no</h1>"),
        ({"kind": "graphql_error", "body": b"Variable $input was provided invalid value"}, EntryRejected, "Variable"),
        ({"kind": "graphql_error", "body": b"... or you don't have permission ..."}, EntryRejected, "no_permission"),
        ({"kind": "graphql_error", "body": b"Field 'x' doesn't exist on type 'Mutation'"}, GitLabTooOld, "15.2"),
        ({"kind": "payload_error", "body": b"Time spent can't be zero."}, EntryRejected, "Time spent can't be zero."),
    ],
)
def test_what_proves_that_nothing_was_written_has_its_own_error(
    server: stand_in.GitLab,
    client: GitLab,
    issue: Issuable,
    write: Write,
    *,
    fault: dict[str, Any],
    error: type[SyncError],
    told: str,
) -> None:
    server.fail(**fault)

    with pytest.raises(error) as caught:
        write(client, issue)

    assert type(caught.value) is error
    assert told in caught.value.message
    assert server.timelogs == []
    assert server.issues == [issue]


@WRITES
def test_a_connection_that_was_never_made_proves_that_nothing_was_written(issue: Issuable, write: Write) -> None:
    with pytest.raises(GitLabUnavailable, match="cannot be reached"):
        write(GitLab(closed_url(), TOKEN, MAX_WAIT_SECONDS), issue)


def test_a_server_that_speaks_no_tls_proves_that_nothing_was_written(issue: Issuable) -> None:
    no_tls = RawServer(lambda connection: connection.sendall(whole(b"")))

    with no_tls, pytest.raises(GitLabUnavailable, match="no secure connection"):
        create(GitLab(f"https://{no_tls.address}", TOKEN, MAX_WAIT_SECONDS), issue)


@WRITES
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refused"},
        {"kind": "lost_answer"},
        {"kind": "truncated"},
        {"kind": "error_after", "status": 500},
        {"kind": "error_after", "status": 502},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 504},
        {"kind": "status", "status": 404},
        {"kind": "status", "status": 408},
        {"kind": "late", "status": 504, "seconds": 30},
        {"kind": "internal_error"},
        {"kind": "maintenance"},
        {"kind": "redirect"},
        {"kind": "html", "status": 200},
        {"kind": "empty"},
        {"kind": "too_large"},
        {"kind": "wrong_shape"},
        {"kind": "wrong_shape", "body": b"null"},
        {"kind": "wrong_shape", "body": b'{"data": {}}'},
        {"kind": "wrong_shape", "body": b"[" * 100_000},
        {"kind": "graphql_error", "body": b"Internal server error"},
        {"kind": "graphql_error", "body": b"Timeout on Mutation.timelogCreate"},
    ],
    ids=str,
)
def test_everything_else_leaves_open_whether_it_was_written(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, write: Write, fault: dict[str, Any]
) -> None:
    server.fail(**fault)

    with pytest.raises(AmbiguousWrite):
        write(client, issue)

    assert len(server.requests) == 1


@pytest.mark.parametrize("constant", ["READ_TIMEOUT_SECONDS", "TOTAL_TIMEOUT_SECONDS"])
def test_a_write_that_is_not_answered_in_time_may_have_happened(
    issue: Issuable, monkeypatch: pytest.MonkeyPatch, constant: str
) -> None:
    monkeypatch.setattr(http, constant, 0.1)

    with silent_server() as silent, pytest.raises(AmbiguousWrite, match="in time"):
        create(GitLab(silent.url, TOKEN, MAX_WAIT_SECONDS), issue)


@pytest.mark.parametrize(
    ("write", "payload"),
    [
        (create, {"timelogCreate": {"errors": [], "timelog": None}}),
        (create, {"timelogCreate": {"errors": [], "timelog": {"id": "gid://gitlab/Timelog/1"}}}),
        (delete, {"timelogDelete": {"errors": [], "timelog": None}}),
        (open_issue, {"createIssue": {"errors": [], "issue": None}}),
    ],
)
def test_an_error_beside_what_was_made_does_not_prove_that_nothing_was_made(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, write: Write, payload: dict[str, Any]
) -> None:
    content = {"data": payload, "errors": [{"message": "Cannot return null for non-nullable field"}]}
    server.fail("body", body=json.dumps(content).encode())

    with pytest.raises(AmbiguousWrite):
        write(client, issue)


def test_a_server_without_timelog_create_is_too_old(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.make_too_old()

    with pytest.raises(GitLabTooOld, match=r"15\.2 or later"):
        create(client, issue)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, elsewhere: Elsewhere, status: int
) -> None:
    server.fail("status", status=status, headers={"Location": f"{elsewhere.url}/api/graphql"}, times=2)

    with pytest.raises(InvalidSettings):
        client.username()
    with pytest.raises(AmbiguousWrite):
        create(client, issue)

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 422, "body": b"@"},
        {"kind": "status", "status": 422, "body": b" " * 3990 + b"@"},
        {"kind": "status", "status": 500, "body": b"@"},
        {"kind": "unprocessable", "body": b"no @"},
        {"kind": "graphql_error", "body": b"no @"},
        {"kind": "graphql_error", "body": b"@ doesn't exist on type"},
        {"kind": "payload_error", "body": b"no @"},
        {"kind": "body", "body": b"@"},
        {"kind": "body", "body": b'{"errors": {"@": 1}}'},
        {"kind": "body", "body": b'{"errors": [["@"], {"x": "@"}, null]}'},
    ],
    ids=str,
)
def test_a_server_that_repeats_the_token_gets_it_into_no_message(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, fault: dict[str, Any]
) -> None:
    server.fail(**fault | {"body": fault["body"].replace(b"@", TOKEN.encode())}, times=2)

    for call in (lambda: create(client, issue), client.username):
        with pytest.raises(SyncError) as caught:
            call()
        assert TOKEN[:8] not in caught.value.message


PUT_ANOTHER = "into the secret"
"""Only a refusal of the token itself is mended by another token."""


@WRITES
@pytest.mark.parametrize(
    ("said", "told", "is_the_tokens"),
    [
        (
            {"message": "403 Forbidden - Your password expired. Please access GitLab from a web browser to update."},
            "Your password expired. Please access GitLab from a web browser to update. The token may stay: sign in",
            False,
        ),
        (
            {"message": "You (@mira) must accept the Terms of Service"},
            "Terms of Service. The token may stay: sign",
            False,
        ),
        (
            {"message": "403 Forbidden - Your account has been blocked."},
            "blocked. The token may stay: ask an admin",
            False,
        ),
        ({"message": "403 Forbidden - IP address 203.0.113.7 is not allowed"}, "to allow the address", False),
        (
            {
                "error": "insufficient_scope",
                "error_description": "The request requires higher privileges",
                "scope": "api",
            },
            "insufficient_scope The request requires higher privileges. Put a token with the scope api into the",
            True,
        ),
        ({"message": "403 Forbidden"}, "403 Forbidden. The token may be right", False),
        ({}, "API not accessible for user. The token may be right", False),
        ([], "API not accessible for user. The token may be right", False),
    ],
)
def test_a_403_is_told_in_gitlabs_own_words_with_what_to_do(
    server: stand_in.GitLab, issue: Issuable, write: Write, *, said: Any, told: str, is_the_tokens: bool
) -> None:
    client = GitLab(server.url, TOKEN, MAX_WAIT_SECONDS)
    for call in (client.username, lambda: write(client, issue)):
        server.fail("forbidden")
        server.fail("status", status=403, body=json.dumps(said).encode())

        with pytest.raises(GitLabUnauthorized) as refused:
            call()

        assert refused.value.message.startswith("GitLab refuses the request (HTTP 403): ")
        assert told in refused.value.message
        assert (PUT_ANOTHER in refused.value.message) is is_the_tokens


@WRITES
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("headers", "by"), [({"Server": "cloudflare"}, " by Cloudflare"), ({}, "")])
@pytest.mark.parametrize(
    ("kind", "body"), [("text/html; charset=utf-8", b"blocked"), ("text/plain", b"\n<!DOCTYPE html><h1>Sorry</h1>")]
)
def test_a_web_page_that_refuses_is_not_gitlabs_and_the_token_is_not_to_blame(
    server: stand_in.GitLab,
    issue: Issuable,
    write: Write,
    status: int,
    *,
    headers: Any,
    by: str,
    kind: str,
    body: bytes,
) -> None:
    client = GitLab(server.url, TOKEN, MAX_WAIT_SECONDS)
    server.fail("status", status=status, body=body, headers={"Content-Type": kind, **headers}, times=2)

    for call in (client.username, lambda: write(client, issue)):
        with pytest.raises(GitLabUnauthorized) as refused:
            call()

        assert f"(HTTP {status} with a web page{by})" in refused.value.message
        assert refused.value.message.startswith("Something between here and GitLab refused the request")
        assert PUT_ANOTHER not in refused.value.message


def test_a_401_of_gitlab_says_that_a_new_token_is_needed(server: stand_in.GitLab, client: GitLab) -> None:
    server.fail("invalid_token")

    with pytest.raises(GitLabUnauthorized, match=PUT_ANOTHER):
        client.username()


PRIVATE = 'Confidential talk with Ms. Öztürk about <her> "layoff" & severance'


@pytest.mark.parametrize(
    "echo",
    [
        PRIVATE,
        f"[toggl:1] {PRIVATE}",
        PRIVATE[:25],
        PRIVATE[12:40],
        json.dumps(PRIVATE),
        json.dumps(PRIVATE, ensure_ascii=False),
        html.escape(PRIVATE),
    ],
    ids=["whole", "with its marker", "its begin", "its middle", "JSON", "JSON with letters", "HTML"],
)
@pytest.mark.parametrize("fault", ["payload_error", "graphql_error", "unprocessable", "plain"])
def test_what_gitlab_repeats_of_a_description_is_in_no_message(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, fault: str, echo: str
) -> None:
    said = f"Variable $input was provided invalid value for summary ({echo}): is not right"
    kind = {"kind": "status", "status": 422} if fault == "plain" else {"kind": fault}
    server.fail(**kind, body=said.encode())

    with pytest.raises(EntryRejected) as refused:
        client.create_timelog(target(issue), 60, SPENT_AT, f"[toggl:1] {PRIVATE}", MIRA)

    message = refused.value.message
    assert message.startswith("Variable $input was provided invalid value for summary (")
    assert message.endswith("): is not right")
    assert not [
        word for word in ("Confidential", "talk", "ztürk", "layoff", "severance", "ffentlich") if word in message
    ]


def test_what_gitlab_repeats_of_a_title_is_in_no_message(server: stand_in.GitLab, client: GitLab) -> None:
    server.fail("payload_error", body=b"Title Layoffs is taken")

    with pytest.raises(EntryRejected, match=r"^Title \*\*\* is taken$"):
        client.create_issue(NewIssue("0123456789abcdef", "acme/shop", "Layoffs"), ())


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "errors", "message", "nodes", "pageInfo", "hasNextPage", "id", "timelog", "issue"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


NODE_FIELDS = (
    *("id", "iid", "timeSpent", "spentAt", "summary", "issue", "mergeRequest", "project", "title", "moved", "movedTo"),
    *("reference", "fullPath", "nameWithNamespace", "issues", "mergeRequests", "titles", "description", "username"),
)


GOOD_VALUES = st.sampled_from(["gid://gitlab/Issue/1", "2026-11-20T09:00:00Z", "acme/shop#1", True, "1"])


LEAF = GOOD_VALUES | ANY_JSON | st.builds(lambda nodes: {"nodes": nodes}, st.lists(ANY_JSON, max_size=2))


NODE = st.dictionaries(st.sampled_from(NODE_FIELDS), LEAF)


ROOT = st.sampled_from(["timelogs", "timelogCreate", "currentUser", "projects", "project", "p0", "issue"])


BODY = st.one_of(
    ANY_JSON,
    st.builds(lambda data: {"data": data}, st.dictionaries(ROOT, ANY_JSON | NODE)),
    st.builds(
        lambda name, nodes: {"data": {name: {"nodes": nodes}}}, ROOT, st.lists(NODE | ANY_JSON, min_size=1, max_size=2)
    ),
)


READS: list[Callable[[GitLab], object]] = [
    lambda client: client.timelogs("mira", SPENT_AT, SPENT_AT),
    lambda client: client.find({SHOP: Wanted(frozenset({1}), frozenset({1}), titles=True)}),
    lambda client: client.projects_named("Acme / Shop"),
    lambda client: client.user_and_project("7"),
    lambda client: client.marked_issues(SHOP),
]


@given(body=BODY, read=st.sampled_from(READS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_answer_of_any_shape_is_read_or_is_one_of_the_named_errors(
    server: stand_in.GitLab, client: GitLab, body: Any, read: Callable[[GitLab], object]
) -> None:
    server.clear()
    server.fail("body", body=json.dumps(body).encode(), times=20)

    with contextlib.suppress(GitLabUnavailable, GitLabTooOld, GitLabUnauthorized):
        read(client)

    assert 1 <= len(server.requests) < 20


@given(body=BODY)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_answer_of_any_shape_to_a_write_never_says_that_gitlab_was_not_reached(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, body: Any
) -> None:
    server.fail("body", body=json.dumps(body).encode())

    try:
        create(client, issue)
    except (AmbiguousWrite, EntryRejected):
        return

    assert isinstance(body["data"]["timelogCreate"]["timelog"], dict)


def test_a_rate_limit_without_retry_after_lasts_until_its_reset(server: stand_in.GitLab, client: GitLab) -> None:
    reset = int(NOW.timestamp()) + 90
    server.fail("application_limit", headers={"RateLimit-Reset": str(reset)})

    with pytest.raises(GitLabRateLimited) as limited:
        client.username()

    assert limited.value.wait_seconds == 90


def test_a_rate_limit_that_does_not_say_how_long_lasts_a_minute(server: stand_in.GitLab, client: GitLab) -> None:
    server.fail("application_limit")

    with pytest.raises(GitLabRateLimited) as limited:
        client.username()

    assert limited.value.wait_seconds == 60
