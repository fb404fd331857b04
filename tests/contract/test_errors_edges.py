"""The length of a message to the character."""

from __future__ import annotations

from contract.errors import MESSAGE_LIMIT, GitLabRateLimited


def test_the_words_of_a_wait_are_cut_so_that_its_length_always_fits() -> None:
    error = GitLabRateLimited("x" * 1000, wait_seconds=999_999_999, max_wait_seconds=999_999_999)

    assert error.message == f"{'x' * (MESSAGE_LIMIT - 120)} Waiting 999999999 s."
