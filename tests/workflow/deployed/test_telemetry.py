"""What the deployed Lambdas log and measure, read from their log groups as CloudWatch would read them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from contract import metrics, names
from local.standins.gitlab.server import mutation
from tests.workflow.deployed.support import Sync
from tests.workflow.support import rows_by_entry


def lines_of(sync: Sync, execution: str) -> Iterator[dict[str, Any]]:
    """The JSON lines that name an execution."""
    return (line for line in _json_lines(sync) if line.get("execution") == execution)


def _json_lines(sync: Sync) -> Iterator[dict[str, Any]]:
    for role in names.ROLES:
        for line in sync.log_lines(names.function_log_group("prod", role)):
            if line.startswith("{"):
                yield json.loads(line)


def measured(sync: Sync) -> Counter[str]:
    """The sum of each metric since the test began, as CloudWatch has it from lines in its Embedded Metric Format."""
    sums: Counter[str] = Counter()
    for line in _json_lines(sync):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == metrics.NAMESPACE
            assert directive["Dimensions"] == [["environment"]]
            assert line["environment"] == "prod"
            for metric in directive["Metrics"]:
                assert metric["Unit"] == metrics.UNITS[metric["Name"]]
                [value] = line[metric["Name"]]
                sums[metric["Name"]] += int(value)
    return sums


def test_the_metrics_of_a_run_say_what_its_totals_say(sync: Sync) -> None:
    sync.issue(iid=12)
    for hour in (8, 9):
        sync.track("#12 menu", 1800, hour=hour)
    sync.run()
    sync.track("#12 menu", 3600, hour=10)
    sync.track("nothing to match", hour=11)
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"))
    before, requests = measured(sync), len(sync.gitlab.requests) + len(sync.toggl.requests)

    run = sync.run()

    sums = measured(sync)
    sums.subtract(before)
    sent = len(sync.gitlab.requests) + len(sync.toggl.requests) - requests
    assert run.error == "EntriesFailed"
    assert {name: value for name, value in sums.items() if name not in {"TogglQuotaLeft", "ApiRequests"}} == {
        "Fetched": 4,
        "Created": 0,
        "Kept": 2,
        "Skipped": 1,
        "Failed": 1,
        "SecondsLogged": 0,
    }
    assert sums["ApiRequests"] == sent


def test_a_post_is_counted_with_its_seconds(sync: Sync) -> None:
    sync.issue(iid=12)
    sync.track("#12 menu", 1800)
    sync.track("#12 menu", 3600, hour=10)
    before = measured(sync)

    sync.run()

    sums = measured(sync)
    sums.subtract(before)
    assert (sums["Created"], sums["SecondsLogged"], sums["Failed"]) == (2, 5400, 0)


def test_an_answer_that_stays_lost_is_counted_as_failed_once(sync: Sync) -> None:
    sync.issue(iid=12)
    sync.track("#12 menu")
    sync.gitlab.fail("internal_error", when=mutation("timelogCreate"), times=99)
    before = measured(sync)

    run = sync.run()

    sums = measured(sync)
    assert run.error == "EntriesFailed"
    assert sums["Failed"] - before["Failed"] == 1


def test_the_entries_of_an_issue_that_cannot_be_created_are_counted_as_failed(
    sync: Sync,
) -> None:
    for hour in (9, 10):
        sync.track("Rebuild the harbour map", hour=hour)
    sync.gitlab.fail("payload_error", when=mutation("createIssue"))
    before = measured(sync)

    run = sync.run(auto_create_issues=True)

    assert run.error == "EntriesFailed"
    assert measured(sync)["Failed"] - before["Failed"] == 2


def test_a_dry_run_measures_its_requests_only(sync: Sync) -> None:
    sync.issue(iid=12)
    sync.track("#12 menu")
    before = measured(sync)

    sync.run(dry_run=True)

    sums = measured(sync)
    sums.subtract(before)
    changed = {name for name, value in sums.items() if value}
    assert changed - {"TogglQuotaLeft"} == {"ApiRequests"}


def test_a_line_names_its_execution_and_its_entry(sync: Sync) -> None:
    sync.issue(iid=12)
    entry = sync.track("#12 menu")

    run = sync.run()

    posted = [line for line in lines_of(sync, run.arn) if line["message"] == "posted"]
    assert [(line["level"], line["entry_id"], line["outcome"], line["seconds"]) for line in posted] == [
        ("INFO", entry.id, "created", 1800)
    ]


def test_at_debug_every_decision_has_a_line(sync: Sync) -> None:
    sync.issue(iid=12)
    sync.track("#12 menu")
    sync.track("#12 menu", 60, hour=10)
    usual = sync.run(dry_run=True)

    run = sync.run(dry_run=True, log_level="DEBUG")

    decided = {line["entry_id"]: line for line in lines_of(sync, run.arn) if line["message"] == "decided"}
    rows = rows_by_entry(run.output)
    assert {key: (line["outcome"], line.get("reason")) for key, line in decided.items()} == {
        key: (row["outcome"], row["reason"]) for key, row in rows.items()
    }
    assert [line for line in lines_of(sync, usual.arn) if line["level"] == "DEBUG"] == []
