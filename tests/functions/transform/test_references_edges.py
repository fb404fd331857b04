"""Mentions at their edges: how each is written, where a text or a server's address nearly makes another one."""

from __future__ import annotations

import pytest

from functions.transform.references import Reference, find_references

GITLAB = "https://gitlab.example.org"
URL = f"{GITLAB}/acme/shop/-/issues"


def _numbers(description: str, gitlab_url: str = GITLAB) -> list[int]:
    return [reference.iid for reference in find_references(description, gitlab_url).found]


@pytest.mark.parametrize(
    ("description", "form", "text"),
    [
        (f"see {URL}/12 again", "url", f"{URL}/12"),
        (f"see {URL}/12?a=1#note_3 again", "url", f"{URL}/12?a=1#note_3"),
        ("see acme/shop#12.", "path", "acme/shop#12"),
        ("see acme/shop!12.", "path", "acme/shop!12"),
        (" Fix (#12) · Issues · Acme / Shop · GitLab ", "page_title", "Fix (#12) · Issues · Acme / Shop · GitLab"),
        ("MR12:: Fix", "merge_request_prefix", "MR12::"),
        ("see #12.", "number", "#12"),
        ("see [#12]", "number", "#12"),
        ("see (!12)", "number", "!12"),
        ("Issue #12: Fix", "number", "Issue #12"),
    ],
)
def test_a_mention_knows_its_form_and_how_it_is_written(description: str, form: str, text: str) -> None:
    (reference,) = find_references(description, GITLAB).found

    assert (reference.iid, reference.form, reference.text) == (12, form, text)


def test_how_a_mention_is_written_makes_no_difference_to_what_it_names() -> None:
    plain, dressed = find_references("#12, Issue #12", GITLAB).found

    assert plain == dressed == Reference("#", 12)


def test_a_page_title_is_at_the_very_beginning() -> None:
    references = find_references("Fix (#12) · Issues · Acme / Shop · GitLab", GITLAB)

    assert references.leading == references.found[0]


def test_mentions_of_all_forms_come_in_the_order_of_the_text() -> None:
    description = f"{URL}/1 #2 {URL}/3 acme/shop#4 #5 MR6:: acme/shop!7 #8"

    assert _numbers(description) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("joint", ["/", "+", "&", "-"])
def test_a_joint_at_the_end_of_the_text_is_none_before_its_beginning(joint: str) -> None:
    assert _numbers(f"#12 Fix {joint}") == [12]


def test_a_mention_after_one_that_is_none_counts() -> None:
    assert _numbers("x-#12 see #13") == [13]
    assert _numbers("colour #123456 see #13") == [13]


@pytest.mark.parametrize(
    ("url", "gitlab_url", "found"),
    [
        ("http://gitlab.example.org:80/acme/shop/-/issues/12", GITLAB, True),
        ("https://gitlab.example.org:443/acme/shop/-/issues/12", GITLAB, True),
        ("http://gitlab.example.org:81/acme/shop/-/issues/12", GITLAB, False),
        ("http://gitlab.example.org:443/acme/shop/-/issues/12", GITLAB, False),
        ("https://gitlab.example.org/acme/shop/-/issues/12", f"{GITLAB}/", True),
        ("https://gitlab.example.org/gitx/acme/shop/-/issues/12", f"{GITLAB}/gitX", True),
        ("https://gitlab.example.org/acme/shop/-/issues/12", f"{GITLAB}/gitX", False),
        ("https://gitlab.example.org/gi/acme/shop/-/issues/12", f"{GITLAB}/gitX", False),
    ],
)
def test_a_url_is_of_this_gitlab_by_host_port_and_root(url: str, gitlab_url: str, *, found: bool) -> None:
    assert _numbers(url, gitlab_url) == ([12] if found else [])
