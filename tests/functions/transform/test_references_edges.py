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
        ("see [acme/shop#12]", "path", "acme/shop#12"),
        ("see (acme/shop#12)", "path", "acme/shop#12"),
        (" Fix (#12) · Issues · Acme / Shop · GitLab ", "page_title", "Fix (#12) · Issues · Acme / Shop · GitLab"),
        ("MR12:: Fix", "merge_request_prefix", "MR12::"),
        ("see [MR12::]", "merge_request_prefix", "MR12::"),
        ("see (MR12::)", "merge_request_prefix", "MR12::"),
        ("see #12.", "number", "#12"),
        ("see [#12]", "number", "#12"),
        ("see (!12)", "number", "!12"),
        ("Issue #12: Fix", "number", "Issue #12"),
    ],
)
def test_a_mention_knows_its_form_and_how_it_is_written(description: str, form: str, text: str) -> None:
    (reference,) = find_references(description, GITLAB).found

    assert (reference.iid, reference.form, reference.text) == (12, form, text)


def test_a_bracket_before_the_first_mention_does_not_take_the_beginning_from_it() -> None:
    url, number, later = (
        find_references(text, GITLAB) for text in (f"({URL}/1) and #5", "[#1] and #5", "x (#1) and #5")
    )

    assert (url.leading, number.leading, later.leading) == (url.found[0], number.found[0], None)


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


@pytest.mark.parametrize("path", ["Mid/Shop", "m/Mid", "5a/5", "9/0", "_a/_b", "a.b_c-d/e5.f-G_h", "a/b/C/d9"])
def test_a_path_has_letters_digits_dots_underscores_and_hyphens(path: str) -> None:
    (reference,) = find_references(f"see {path}#12", GITLAB).found

    assert (reference.path, reference.iid) == (path, 12)


@pytest.mark.parametrize("before", ["é", ".", "/", "-", "@", "&", "#", "!", "~", "%", "$", "+"])
def test_a_path_that_something_precedes_is_part_of_something_else(before: str) -> None:
    assert _numbers(f"see {before}acme/shop#12") == []


@pytest.mark.parametrize("before", ["x", "é", "5", "_", ".", "@", "#", "!", "~", "%", "$", "x/", "x+", "x&", "x-"])
def test_a_number_that_something_precedes_is_part_of_something_else(before: str) -> None:
    assert _numbers(f"see {before}#12") == []


@pytest.mark.parametrize("before", ["*", ",", ";", ":", "=", "?", "'", "<", "{"])
def test_a_number_after_other_punctuation_counts(before: str) -> None:
    assert _numbers(f"see x{before}#12") == [12]


@pytest.mark.parametrize(
    "number", ["12x", "12é", "12_", "12.5", "12,5", "12:5", "12/5", "12-5", "012", "0", "12345678901", "1\u0662"]
)
def test_what_goes_on_as_another_number_or_a_word_is_no_number(number: str) -> None:
    assert _numbers(f"see #{number} now") == []
    assert _numbers(f"see !{number} now") == []
    assert _numbers(f"see acme/shop#{number} now") == []


@pytest.mark.parametrize("after", ["", ".", ",", ":", ";", ")", "-", "/", " 5", ". 5", "!", "?", "'s"])
def test_what_ends_a_number_is_no_part_of_it(after: str) -> None:
    assert _numbers(f"see #1234567890{after}") == [1234567890]


@pytest.mark.parametrize(
    ("description", "numbers"),
    [
        ("see #12345 here", [12345]),
        ("see #123456 here", [123456]),
        ("the colour is now #123456 here", []),
        ("the colour that we had was #123456 here", [123456]),
        ("see #1234567 here", [1234567]),
        ("see #12345678 here", [12345678]),
        ("the color #1234567 here", [1234567]),
        ("the color #12345678 here", []),
        ("the discolour #123456 here", [123456]),
        ("see #123456789 here", [123456789]),
        ("#123456 here", [123456]),
        ("see (#123456) here", [123456]),
        ("see issue #123456 here", [123456]),
        ("see !123456 here", [123456]),
        ("the color #12 here", [12]),
        ("the color #123 here", []),
        ("the color #1234 here", []),
        ("the color #12345 here", [12345]),
        ("the Colours: #123 here", []),
        ("the colour !123 here", [123]),
        ("the colour of #123 here", [123]),
    ],
)
def test_colours_are_no_issues(description: str, numbers: list[int]) -> None:
    assert _numbers(description) == numbers


@pytest.mark.parametrize("description", ["xMR12::", "MR012::", "MR0::", "MR12:", "MR::", "MR12345678901::", "mr12::"])
def test_what_is_nearly_the_browser_buttons_prefix_is_none(description: str) -> None:
    assert _numbers(f"see {description} Title") == []


@pytest.mark.parametrize("end", list("<>\"'`|\\ \t\n"))
def test_a_url_ends_before_what_encloses_it(end: str) -> None:
    (reference,) = find_references(f"see {URL}/12{end}x", GITLAB).found

    assert reference.text == f"{URL}/12"


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("acme/shop/-/issues/1234567890", [1234567890]),
        ("acme/shop/-/issues/12345678901", []),
        ("acme/shop/-/issues/0", []),
        ("acme/shop/-/issues/012", []),
        ("acme/shop/-/issues/12x", []),
        ("acme/shop/-/issues/12-x", []),
        ("acme/shop/-/issues/12_x", []),
        ("acme/shop/-/issues/12/designs", [12]),
        ("acme/shop/-/issues/12.", [12]),
        ("acme/shop/issues/12", [12]),
        ("acme/shop/-/work_items/12", [12]),
        ("acme/shop/-/merge_requests/12/diffs", [12]),
        ("acme/shop/-/milestones/12", []),
        ("acme/-/issues/12", []),
        ("-/issues/12", []),
    ],
)
def test_a_url_names_an_issue_by_its_path(path: str, numbers: list[int]) -> None:
    assert _numbers(f"see {GITLAB}/{path}") == numbers


@pytest.mark.parametrize(
    ("description", "project"),
    [
        ("Fix (#12) · Issues · Acme / Shop · GitLab", "Acme / Shop"),
        ("(#12) · Issues · A · GitLab", "A"),
        ("Fix (!12) · Merge requests · Acme / Shop · GitLab", "Acme / Shop"),
        ("Fix\nit (#1234567890) · Issues · Acme  /  Shop · GitLab", "Acme / Shop"),
        ("Fix (#12345678901) · Issues · Acme / Shop · GitLab", None),
        ("Fix (#0) · Issues · Acme / Shop · GitLab", None),
        ("Fix (#012) · Issues · Acme / Shop · GitLab", None),
        ("Fix #12) · Issues · Acme / Shop · GitLab", None),
        ("Fix (#12 · Issues · Acme / Shop · GitLab", None),
        ("Fix (#12)· Issues · Acme / Shop · GitLab", None),
        ("Fix (#12) · Issues · Acme / Shop", None),
        ("Fix (#12) · Acme / Shop · GitLab", None),
        ("Fix (#12) · Issues · Acme / Shop · GitLabX", None),
    ],
)
def test_a_page_title_is_recognised_as_a_whole(description: str, project: str | None) -> None:
    titles = [reference.page_title for reference in find_references(description, GITLAB).found]

    assert [title for title in titles if title is not None] == ([] if project is None else [project])
