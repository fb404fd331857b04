"""What a deployment to the local AWS is given."""

from __future__ import annotations

import json
from typing import Any

from cli.deployment.local import set_tokens


class Secrets:
    """A local AWS that only keeps secrets."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def client(self, service: str) -> Secrets:
        assert service == "secretsmanager"
        return self

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803 - boto3's names
        self.kept[SecretId] = json.loads(SecretString)


def test_each_token_goes_into_its_own_secret() -> None:
    aws = Secrets()

    set_tokens(aws, "prod", toggl="t", gitlab="g")  # type: ignore[arg-type]

    assert aws.kept == {
        "toggl-gitlab-sync/prod/toggl-token": {"api_token": "t"},
        "toggl-gitlab-sync/prod/gitlab-token": {"api_token": "g"},
    }
