"""Days that go well on the deployed machine: a whole one, one that is only planned, and one without entries."""

from __future__ import annotations

from cli.demonstration import sample_day
from contract import names
from local.standins.gitlab.server import GitLab
from tests.chaos import studio
from tests.workflow.deployed.support import MANY_PROJECTS
from tests.workflow.support import GITLAB_TOKEN, USER, rows_by_entry, states_of


def test_a_whole_day_in_all_shapes_becomes_what_was_worked_out_by_hand(deployment, sync):
    sync.gitlab.stop()
    with GitLab(deployment.gitlab_port) as gitlab:
        day = sample_day.build(sync.toggl, gitlab, sync.day, "Europe/Berlin")
        gitlab.add_token(GITLAB_TOKEN, day.gitlab_username)
        gitlab.add_project(studio.TOOLS, id=studio.TOOLS_ID, roles={day.gitlab_username: "developer"})  # of the map

        run = sync.run()

        assert (run.status, run.error) == ("SUCCEEDED", None)
        rows = rows_by_entry(run.output)
        assert {(row["outcome"], row["reason"], row["warning"]) for row in rows.values()} == {
            (one.outcome, one.reason, one.warning) for one in day.expected
        }
        assert rows.keys() == {one.entry_id for one in day.expected}
        for one in day.expected:
            row = rows[one.entry_id]
            assert (row["outcome"], row["reason"], row["warning"]) == (one.outcome, one.reason, one.warning)
            if one.outcome == "created":
                assert (row["issue"], row["seconds"], row["spent_at"]) == (one.issue, one.seconds, one.spent_at)
        assert {key: run.output["totals"][key] for key in day.totals} == day.totals
        assert run.output["skipped_by_reason"] == day.skipped_by_reason
        assert run.output["warnings"] == day.warnings
        on_gitlab = {(row.reference, row.seconds, row.spent_at) for row in gitlab.ledger()}
        assert on_gitlab == {(one.issue, one.seconds, one.spent_at) for one in day.expected if one.issue is not None}


def test_a_map_of_300_projects_leads_an_entry_to_its_own(deployment, sync):
    *_others, (client, path) = MANY_PROJECTS.items()
    sync.gitlab.add_project(path, roles={USER: "developer"})
    sync.gitlab.add_issue(path, "Navigation menu", iid=3)
    sync.toggl.add_project(client)
    entry = sync.track("#3 Navigation menu", project=client)

    run = sync.run()

    assert rows_by_entry(run.output)[entry.id]["issue"] == f"{path}#3"
    variables = deployment.aws.client("lambda").get_function_configuration(FunctionName=names.function("prod", "fetch"))
    assert path not in str(variables["Environment"])
    called = [event["taskScheduledEventDetails"]["parameters"] for event in run.history if "task" in event["type"]]
    assert not [one for one in called if path in one and '"write"' in one]


def test_a_dry_run_counts_as_if_done_and_writes_nothing(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.track("lunch", hour=12)

    dry = sync.run(dry_run=True)
    wet = sync.run()

    assert (dry.output["outcome"], dry.output["dry_run"]) == ("dry_run", True)
    assert "PostEntries" not in states_of(dry)
    assert dry.output["totals"] == wet.output["totals"]
    assert dry.output["entries"] == wet.output["entries"]
    assert sync.gitlab.count("timelogCreate") == 1


def test_a_day_without_entries_is_a_success_that_says_so(sync):
    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["outcome"] == "nothing_to_sync"
    assert run.output["totals"]["fetched"] == 0
    assert run.output["entries"] == []


def test_every_state_of_a_post_is_visible_in_the_history(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    also = ["RecordUser", "AnythingToPost"]  # the first time that this user posts

    run = sync.run()

    assert states_of(run) == [
        "ReadState",
        "NeedsBeginning",
        "FetchEntries",
        "NeedsLock",
        "AcquireLock",
        "MustReadAgain",
        "TransformEntries",
        "AnythingToPost",
        *also,
        "PostEntries",
        "PostEntry",
        "Summarise",
        "HoldsLock",
        "ReleaseLock",
        "AnythingFailed",
        "Synced",
    ]
