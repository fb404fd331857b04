"""The timelogs that a test arranges."""

from __future__ import annotations

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab


def test_what_others_and_other_tools_logged_can_be_arranged(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "carol", 60)

    assert gitlab.ledger() == [("acme/tools/web#12", 60, None, None, "carol")]
    assert gitlab.issuable("acme/tools/web#12") is issue
