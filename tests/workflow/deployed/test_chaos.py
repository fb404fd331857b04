"""A few seeds of `make chaos` on the deployed machine."""

from __future__ import annotations

from tests.chaos.schedule import KILLED, LATE
from tests.chaos.workflow import execute_seed
from tests.workflow.support import GITLAB_TOKEN, TOGGL_TOKEN

SEEDS = (144, 721)
"""Runs over the same dates, and weeks of mornings, that meet both kinds of faults; on a deployment without settings."""


def test_nothing_is_lost_doubled_or_misplaced_by_what_goes_wrong_on_the_deployed_machine(deployment):
    verdicts = [execute_seed(seed, deployment, toggl_token=TOGGL_TOKEN, gitlab_token=GITLAB_TOKEN) for seed in SEEDS]

    met = {label for verdict in verdicts for label, _target in verdict.met}
    assert {verdict.seed: verdict.findings for verdict in verdicts if verdict.findings} == {}
    assert {KILLED, LATE} <= met
