"""Titles: what an issue for a description is called, and when two titles are the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.transform.titles import issue_key, issue_title, normalised

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

any_text = st.text(st.characters(codec=None), max_size=300)


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("Fix login", "Fix login"),
        ("  two\nlines  ", "two lines"),
        ("\x1b[31mred\u202e", "[31mred"),
        ("ask @anna", "ask ＠anna"),
        ("@anna", "＠anna"),
        ("é@anna", "é＠anna"),
        ("日本@all", "日本＠all"),
        ("задача@anna", "задача＠anna"),
        ("1.@anna", "1.＠anna"),
        ("x @@anna", "x ＠＠anna"),
        ("@.anna", "＠.anna"),
        ("e\u0301@anna", "e\u0301＠anna"),
        ("mail anna@example.org", "mail anna@example.org"),
        ("5 @ 3", "5 @ 3"),
        ("x" * 300, "x" * 255),
        ("x" * 254 + " y", "x" * 254),
        ("", ""),
        ("\n\u200b", ""),
    ],
)
def test_a_title_is_the_cleaned_description_without_mentions_cut_to_255_characters(
    description: str, title: str
) -> None:
    assert issue_title(description) == title


@without_deadline
@given(any_text | st.text("@a /\n#", max_size=20))
def test_any_description_has_a_title_that_gitlab_takes_and_that_pings_nobody(description: str) -> None:
    title = issue_title(description)

    assert len(title) <= 255
    assert title == title.strip()
    assert title.splitlines() in ([], [title])
    # As GitLab reads it, whose letters are ASCII.
    assert re.search(r"(?<!\w)@[\w.]", title, re.ASCII) is None
    assert issue_title(title) == title
    title.encode("utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fix login", "fix LOGIN"),
        ("Fix login", " Fix \t\n login "),
        ("Fix\u00a0login", "Fix login"),
        ("Straße", "STRASSE"),
        ("Café", "Cafe\u0301"),
        ("ﬁx", "fix"),
        ("ask @anna", "ask ＠anna"),
    ],
)
def test_titles_that_differ_in_case_white_space_or_unicode_form_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Fix login", "Fixlogin"), ("Fix login", "Fix logins"), ("Café", "Cafe"), ("a-b", "a b")]
)
def test_other_titles_are_not_the_same(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@without_deadline
@given(st.text(max_size=30))
def test_the_unicode_form_of_a_title_changes_nothing(title: str) -> None:
    assert normalised(unicodedata.normalize("NFD", title)) == normalised(unicodedata.normalize("NFC", title))


def test_a_key_is_the_first_16_hex_digits_of_the_sha_256_of_project_and_normalised_title() -> None:
    assert issue_key(5, "Fix  LOGIN") == hashlib.sha256(b"5:fix login").hexdigest()[:16]


def test_keys_differ_by_project_and_by_title() -> None:
    assert len({issue_key(5, "Fix login"), issue_key(6, "Fix login"), issue_key(5, "Fix logins")}) == 3


@without_deadline
@given(any_text, st.integers(1))
def test_any_description_has_a_key(description: str, project_id: int) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", issue_key(project_id, issue_title(description)))
