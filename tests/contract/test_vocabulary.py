"""The words of the output: each is its own text, and says something to people."""

from __future__ import annotations

import json

import pytest

from contract.vocabulary import EntryWarning, Outcome, Reason, Word


def test_the_words_are_the_agreed_ones_in_the_order_in_which_they_are_explained() -> None:
    assert list(Outcome) == ["created", "replaced", "deleted", "kept", "skipped", "failed"]
    assert list(Reason) == [
        *("running", "other_workspace", "not_billable", "weekend", "too_short", "too_long", "too_late"),
        *("project_left_out", "no_issue", "ambiguous_title", "skip_term", "issue_not_found", "project_not_found"),
        *("project_not_visible", "group_item", "ambiguous_reference", "rounds_to_zero"),
    ]
    assert list(EntryWarning) == [
        *("duration_mismatch", "differs", "posted_but_filtered", "shared_project_name", "move_in_progress"),
        *("not_in_toggl", "double_stays", "still_refused"),
    ]


@pytest.mark.parametrize("word", [*Outcome, *Reason, *EntryWarning])
def test_a_word_stands_in_the_output_as_it_is_and_has_a_meaning(word: Word) -> None:
    assert json.loads(json.dumps({word: word})) == {str(word): str(word)}
    assert type(word)(str(word)) is word
    assert word.meaning
    assert not word.meaning.endswith(".")
    assert not word.advice.endswith(".")


def test_a_word_that_is_not_in_the_vocabulary_is_an_error() -> None:
    with pytest.raises(ValueError, match="too_green"):
        Reason("too_green")
