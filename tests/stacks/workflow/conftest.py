"""The states that call Lambdas, by what they do."""

from __future__ import annotations

import pytest

from tests.stacks.support import State, Synthesis
from tests.stacks.workflow.support import lambda_calls


@pytest.fixture(scope="session")
def reading(default: Synthesis) -> dict[str, State]:
    """The states that call a Lambda which only reads Toggl or GitLab."""
    return {name: lambda_calls(default)[name] for name in ("FetchEntries", "TransformEntries")}


@pytest.fixture(scope="session")
def writing(default: Synthesis) -> dict[str, State]:
    """The states that carry out one write."""
    return {name: lambda_calls(default)[name] for name in ("CreateIssue", "PostEntry")}


@pytest.fixture(scope="session")
def batch(default: Synthesis) -> State:
    """The state that carries out many."""
    return lambda_calls(default)["PostBatch"]
