"""What belongs to an environment by its name."""

from __future__ import annotations

import pytest

from cli.deployment.ownership import Owner


@pytest.mark.parametrize(
    ("name", "is_prods"),
    [
        ("toggl-gitlab-sync-prod", True),
        ("toggl-gitlab-sync-prod-fetch", True),
        ("/aws/lambda/toggl-gitlab-sync-prod-fetch", True),
        ("/aws/vendedlogs/states/toggl-gitlab-sync-prod", True),
        ("togglgitlabsync-prod-runs4711-abc", True),
        ("toggl-gitlab-sync-prod-eu", False),
        ("toggl-gitlab-sync-prod-eu-fetch", False),
        ("toggl-gitlab-sync-production", False),
        ("toggl-gitlab-sync-dev", False),
        ("my-toggl-gitlab-sync-prod", False),
    ],
)
def test_an_environment_owns_what_no_longer_named_one_owns(name: str, is_prods: bool) -> None:
    assert Owner("prod", frozenset({"prod-eu", "dev", "p"})).has(name) == is_prods
