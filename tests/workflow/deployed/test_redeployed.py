"""What a deployment, or a variable that is changed by hand, does to a run that is under way: and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contract import names
from local.aws.executions import Run
from local.standins.gitlab.server import mutation
from tests.workflow.deployed.support import Deployment, Sync, held, until
from tests.workflow.support import rows_by_entry

READ_BY_TRANSFORM = {
    *("settings", "window", "dry_run", "progress", "overrides", "accept_new_user", "allow_removals"),
    *("deleted_ids", "entries", "toggl_quota_left"),
}
"""What the transform of an earlier deployment may find in the answer of this one's fetch. Add to it, take nothing."""


def version_of(deployment: Deployment, role: str) -> str:
    """The ARN of the version of a function that a run which starts now calls."""
    name = names.function("prod", role)
    calls = json.dumps(deployment.definition()).split('"FunctionName": "')[1:]
    return next(arn for arn in (call.split('"')[0] for call in calls) if f":function:{name}:" in arn)


def called(run: Run, role: str) -> list[str]:
    """What a run called for a role, in order, by the events of its history."""
    scheduled = [event["taskScheduledEventDetails"] for event in run.history if event["type"] == "TaskScheduled"]
    asked = [json.loads(one["parameters"]).get("FunctionName", "") for one in scheduled]
    return [one for one in asked if names.function("prod", role) in one]


def output_of(run: Run, state: str) -> dict[str, Any]:
    details = [event["stateExitedEventDetails"] for event in run.history if "stateExitedEventDetails" in event]
    output: dict[str, Any] = next(json.loads(one["output"]) for one in details if one["name"] == state)
    return output


@contextmanager
def deployed_from(deployment: Deployment, assembly: Path) -> Iterator[None]:
    """The same environment deployed once more, from what was synthesised before; afterwards as it was."""
    deployment.aws.deploy({}, app=str(assembly))
    try:
        yield
    finally:
        deployment.aws.deploy({}, app=str(deployment.assembly))


@contextmanager
def variables_of(deployment: Deployment, role: str, **changes: str) -> Iterator[None]:
    """A function whose variables somebody changes by hand, all others named as well; afterwards as they were."""
    functions, name = deployment.aws.client("lambda"), names.function("prod", role)
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | changes})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def test_a_run_ends_on_the_versions_that_it_started_with_while_others_are_deployed(
    deployment: Deployment, sync: Sync
) -> None:
    sync.issue(iid=12)
    tracked = [sync.track("#12 Navigation menu", 600, hour=hour) for hour in range(6, 18)]
    changes = {"round_time_to_minutes": "30", "max_concurrency": "1", "project_map": '{"Website": "acme/web"}'}
    other = deployment.aws.synth(deployment.context | changes)
    before = {role: version_of(deployment, role) for role in ("transform", "post")}

    # At most ten of the twelve writes are under way. A deployment that takes long only lets them be looked for as well.
    with held(sync.gitlab, mutation("timelogCreate"), carried_out=True) as posts:
        arn = sync.begin()
        until(lambda: posts.requests)
        with deployed_from(deployment, other):
            after = {role: version_of(deployment, role) for role in ("transform", "post")}
            posts.let_go()
            run = sync.finish(arn)
            next_run = sync.run(start_date=f"{sync.day}", end_date=f"{sync.day}", sync_edits=False)

    assert (run.status, run.output["totals"]["created"]) == ("SUCCEEDED", len(tracked))
    assert {row["seconds"] for row in run.output["entries"]} == {900}
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in tracked)
    assert before.items().isdisjoint(after.items())
    assert {role: set(called(run, role)) for role in before} == {role: {arn} for role, arn in before.items()}
    assert len(called(run, "post")) >= len(tracked)
    assert set(called(next_run, "transform")) == {after["transform"]}
    assert next_run.output["warnings"] == {"differs": len(tracked)}


def test_only_the_variables_of_fetch_are_the_settings_of_a_run(deployment: Deployment, sync: Sync) -> None:
    sync.issue(iid=12)
    first = sync.track("#12 Navigation menu", 1200, hour=8)
    changes = {"ROUND_TIME_TO_MINUTES": "20", "GITLAB_PROJECT_ID": "4711"}

    with variables_of(deployment, "transform", **changes), variables_of(deployment, "post", **changes):
        by_others = sync.run()
    second = sync.track("#12 Navigation menu", 1200, hour=9)
    with variables_of(deployment, "fetch", ROUND_TIME_TO_MINUTES="20", SYNC_EDITS="false"):
        by_fetch = sync.run()
    restored = sync.run()

    assert rows_by_entry(by_others.output)[first.id]["seconds"] == 900
    assert rows_by_entry(by_fetch.output)[second.id]["seconds"] == 1200
    assert by_fetch.output["warnings"] == {"differs": 1}
    assert rows_by_entry(restored.output)[second.id]["seconds"] == 900
    assert [run.status for run in (by_others, by_fetch, restored)] == ["SUCCEEDED"] * 3


def test_fetchs_answer_has_all_that_an_earlier_deployments_transform_may_read(sync: Sync) -> None:
    run = sync.run()

    assert set(output_of(run, "FetchEntries")) >= READ_BY_TRANSFORM
