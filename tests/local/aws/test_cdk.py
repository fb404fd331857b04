"""The CDK as it is run against a local AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.aws import cdk
from local.aws.errors import LocalAwsError
from local.aws.server import LocalAws


def test_a_failing_command_shows_the_tail_of_its_output(
    aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = tmp_path / "cdk"
    failing.write_text(
        '#!/bin/sh\necho the profile is ${AWS_PROFILE:-unset} and the key is $AWS_ACCESS_KEY_ID\necho "$@"\nexit 3\n'
    )
    failing.chmod(0o755)
    monkeypatch.setattr(cdk, "COMMAND", failing)
    monkeypatch.setenv("AWS_PROFILE", "production")

    with pytest.raises(LocalAwsError) as failure:
        aws.synth({"environment": "test"})

    message = str(failure.value)
    assert message.startswith("cdk synth failed with exit code 3:")
    assert "the profile is unset and the key is 111122223333" in message
    assert "-c environment=test" in message


def test_nothing_is_deployed_to_an_aws_that_is_not_running() -> None:
    with pytest.raises(LocalAwsError, match="not running"):
        LocalAws().synth({})
