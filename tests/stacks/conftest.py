"""The templates of a few deployments, synthesised once for all tests."""

from __future__ import annotations

import certifi
import pytest

from tests.stacks.support import Synthesis, synthesise

OTHER_SETTINGS = {
    "environment": "staging-2",
    "account": "123456789012",
    "region": "eu-west-1",
    "schedule": "cron(0 9 1 * ? *)",
    "timezone": "Europe/Berlin",
    "gitlab_url": "https://gitlab.example.com",
    "gitlab_project_id": "acme/shop",
    "project_map": '{"Website": "acme/web"}',
    "toggl_url": "https://toggl.example.com",
    "toggl_workspace_id": "8415027",
    "dry_run": "true",
    "days_back": "3",
    "catch_up_days": "0",
    "minimum_duration": "60",
    "maximum_duration": "43200",
    "round_time_to_minutes": "6",
    "rounding_mode": "up",
    "only_billable": "true",
    "exclude_weekends": "true",
    "prevent_duplicates": "false",
    "sync_edits": "false",
    "remove_deleted": "true",
    "auto_create_issues": "true",
    "issue_labels": "time,toggl",
    "skip_terms": "pause",
    "max_concurrency": "3",
    "settle_seconds": "45",
    "max_wait": "120",
    "lock_wait": "1234",
    "alarm_email": "ops@example.com",
    "left_out_mail": "true",
    "ca_certificate": certifi.where(),
    "vpc_id": "vpc-0a1b2c3d4e5f67890",
    "subnet_ids": "subnet-0a1b2c3d,subnet-0a1b2c3e",
    "security_group_ids": "sg-0a1b2c3d",
    "log_level": "DEBUG",
}


@pytest.fixture(scope="session")
def default(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """What a deployment without any setting gets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)
        return synthesise(tmp_path_factory.mktemp("default"), {})


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """A deployment that changes every setting."""
    return synthesise(tmp_path_factory.mktemp("other"), OTHER_SETTINGS)


@pytest.fixture(scope="session")
def unscheduled(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("unscheduled"), {"schedule": "off"})
