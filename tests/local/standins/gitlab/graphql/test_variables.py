"""Variables that do not fit, and GitLab's words for why."""

from __future__ import annotations

from typing import Any

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import CREATE, messages, timelog_input


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        ({"timeSpent": 1800}, " for timeSpent (Could not coerce value 1800 to String)"),
        ({"summary": None}, " for summary (Expected value to not be null)"),
        ({"spent": "x"}, " for spent (Field is not defined on TimelogCreateInput)"),
        ({"issuableId": "12"}, ' for issuableId ("12" is not a valid Global ID)'),
        (
            {"issuableId": "gid://gitlab/Project/7"},
            ' for issuableId ("gid://gitlab/Project/7" does not represent an instance of Issuable)',
        ),
        ({"issuableId": "gid://other/Issue/7"}, ' for issuableId ("gid://other/Issue/7" is not a Gitlab Global ID)'),
        ({"spentAt": "yesterday"}, " for spentAt (argument out of range)"),
        ({"spentAt": "2026-11-20"}, ' for spentAt (no time information in "2026-11-20")'),
    ],
)
def test_a_variable_that_does_not_fit_is_named_with_the_reason(
    gitlab: GitLab, issue: Issuable, given: dict[str, Any], ending: str
) -> None:
    refused = messages(gitlab, CREATE, input=timelog_input(issue) | given)

    assert refused == [f"Variable $input of type TimelogCreateInput! was provided invalid value{ending}"]
    assert gitlab.timelogs == []


def test_a_missing_variable_is_refused(gitlab: GitLab) -> None:
    assert messages(gitlab, CREATE) == ["Variable $input of type TimelogCreateInput! was provided invalid value"]
