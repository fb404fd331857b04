"""Messages to the character."""

from __future__ import annotations

from contract.errors import MESSAGE_LIMIT, GitLabRateLimited, plain


def test_the_words_of_a_wait_are_cut_so_that_its_length_always_fits() -> None:
    error = GitLabRateLimited("x" * 1000, wait_seconds=999_999_999, max_wait_seconds=999_999_999, asked_at=0)

    assert error.message == f"{'x' * (MESSAGE_LIMIT - 120)} Waiting 999999999 s."


def test_the_separators_of_lines_and_paragraphs_make_no_line() -> None:
    assert plain("one\u2028two\u2029three\nfour\x85five") == "one two three four five"
