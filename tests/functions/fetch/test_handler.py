"""The fetch function, when somebody has replaced its variables by hand."""

from __future__ import annotations

import pytest

from contract.errors import InvalidSettings
from functions.fetch import handler


def test_a_function_without_its_variables_knows_its_environment_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "toggl-gitlab-sync-staging-2-fetch")
    event = {"input": {}, "handover": {"bucket": "files", "prefix": "runs/1/"}}

    with pytest.raises(InvalidSettings, match=r"\./tgs deploy -e staging-2 -- --revert-drift\.$"):
        handler.handle(event, None)
