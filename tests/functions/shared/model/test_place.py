"""Where time goes, as people call it."""

from __future__ import annotations

import pytest

from functions.shared.model.place import NewIssue, project_in


def test_an_issue_that_is_not_yet_created_is_called_new() -> None:
    assert NewIssue("0123456789abcdef", "acme/shop", "Fix login").name == "acme/shop#new"


@pytest.mark.parametrize("name", ["studio/website#12", "studio/website!45", "studio/website#new"])
def test_the_project_is_what_stands_before_the_sign(name: str) -> None:
    assert project_in(name) == "studio/website"
