"""What the deployed Lambdas log: enough to see what became of an entry, and neither tokens nor descriptions."""

from __future__ import annotations

import base64
import json

from local.standins.gitlab.server import mutation
from tests.workflow.support import GITLAB_TOKEN, TOGGL_TOKEN


def test_no_token_appears_anywhere(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.run(log_level="DEBUG")
    sync.toggl.token = "another"
    sync.run()
    sync.toggl.token = TOGGL_TOKEN
    sync.gitlab.fail("lost_answer", when=mutation("timelogCreate"))
    sync.track("#12 Once more", hour=11)
    sync.run()
    sync.gitlab.revoke_token(GITLAB_TOKEN)
    sync.run()

    seen = json.dumps([run.__dict__ for run in sync.runs], default=str) + "".join(_log_lines(sync))

    assert "posted" in seen
    for token in (TOGGL_TOKEN, GITLAB_TOKEN):
        for form in (token, base64.b64encode(token.encode()).decode().rstrip("=")[:-1]):
            assert form not in seen
    assert base64.b64encode(f"{TOGGL_TOKEN}:api_token".encode()).decode() not in seen


def test_descriptions_do_not_appear_in_the_logs(sync):
    sync.issue(iid=12)
    sync.track("#12 Zanzibar quadrant")
    sync.track("#9999 Zanzibar quadrant", hour=10)

    sync.run()

    logged = "".join(_log_lines(sync))
    assert "posted" in logged
    assert "Zanzibar" not in logged


def _log_lines(sync):
    groups = sync.deployment.aws.client("logs").describe_log_groups()["logGroups"]
    return [line for group in groups for line in sync.log_lines(group["logGroupName"])]
