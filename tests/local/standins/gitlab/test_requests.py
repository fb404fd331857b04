"""What a recorded request asked for, and which requests a fault hits."""

from __future__ import annotations

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.requests import mutation, query, root_fields
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import CREATE, DELETE, LEDGER, post, timelog_input


def test_a_fault_can_be_for_one_entry_of_one_mutation_only(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.fail("internal_error", when=mutation("timelogCreate", "[toggl:7]"), times=9)
    gitlab.fail("maintenance", when=query("timelogs"), times=9)

    statuses = [
        post(gitlab, CREATE, input=timelog_input(issue, summary="[toggl:77] x")).status_code,
        post(gitlab, CREATE, input=timelog_input(issue, summary="[toggl:7] x")).status_code,
        post(gitlab, LEDGER, username="ada").status_code,
        post(gitlab, '{ echo(text: "[toggl:7]") }').status_code,
        post(gitlab, DELETE, id=gitlab.timelogs[0].gid).status_code,
    ]

    assert statuses == [200, 500, 503, 200, 200]


def test_operations_list_what_was_asked_so_that_reads_and_writes_can_be_counted(
    gitlab: GitLab, issue: Issuable
) -> None:
    post(gitlab, '{ currentUser { id } ...more } fragment more on Query { again: echo(text: "x") }')
    post(gitlab, CREATE, input=timelog_input(issue))
    post(gitlab, "{ broken")

    assert gitlab.operations == [("currentUser", "echo"), ("timelogCreate",), ()]
    assert (gitlab.count("timelogCreate"), gitlab.count("timelogs")) == (1, 0)
    assert root_fields(gitlab.requests[1]) == ("timelogCreate",)
