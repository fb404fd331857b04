"""Where time goes, as people call it."""

from __future__ import annotations

from functions.shared.model.place import NewIssue


def test_an_issue_that_is_not_yet_created_is_called_new() -> None:
    assert NewIssue("0123456789abcdef", "acme/shop", "Fix login").name == "acme/shop#new"
