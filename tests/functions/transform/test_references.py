"""What in a description is a reference, in the shapes that people and Toggl's browser button write, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.shared.text import one_line
from functions.transform.forms import Reference
from functions.transform.references import References, find_references, together

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

GITLAB = "https://gitlab.example.org"


def _found(description: str, gitlab_url: str = GITLAB) -> References:
    """What is there when no project has a name that a text gives without its path."""
    return find_references(description, gitlab_url).only(lambda reference: reference.short_name is None)


def _issue(iid: int, path: str | None = None) -> Reference:
    return Reference("#", iid, path=path)


def _merge_request(iid: int, path: str | None = None) -> Reference:
    return Reference("!", iid, path=path)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("#123 Fix login", _issue(123)),
        ("#123", _issue(123)),
        ("  #123 Fix login\n", _issue(123)),
        ("#123: Fix login", _issue(123)),
        ("#123, the rest", _issue(123)),
        ("#123. The rest", _issue(123)),
        ("#123456 Fix login", _issue(123456)),
        ("#9999999999 large", _issue(9999999999)),
        ("[#123] Fix login", _issue(123)),
        ("(#123) Fix login", _issue(123)),
        ("[#123456] Fix login", _issue(123456)),
        ("Issue #123: text", _issue(123)),
        ("issue #123", _issue(123)),
        ("Issue #123456: text", _issue(123456)),
        ("!45", _merge_request(45)),
        ("!45 Review", _merge_request(45)),
        ("[!45] Review", _merge_request(45)),
        ("MR45:: Title", _merge_request(45)),
        ("MR45::Title", _merge_request(45)),
        ("group/project#123 text", _issue(123, "group/project")),
        ("group/sub/project#12", _issue(12, "group/sub/project")),
        ("group/sub/project!45", _merge_request(45, "group/sub/project")),
        ("my-group/my.project_2#7", _issue(7, "my-group/my.project_2")),
        ("_group/_project#7", _issue(7, "_group/_project")),
        (f"{GITLAB}/group/project/-/issues/123", _issue(123, "group/project")),
        (f"{GITLAB}/group/sub/project/-/issues/123", _issue(123, "group/sub/project")),
        (f"{GITLAB}/group/sub/project/-/work_items/123", _issue(123, "group/sub/project")),
        (f"{GITLAB}/group/sub/project/-/merge_requests/45", _merge_request(45, "group/sub/project")),
        (f"{GITLAB}/group/project/issues/123", _issue(123, "group/project")),
        (f"{GITLAB}/group/project/-/issues/123#note_99", _issue(123, "group/project")),
        (f"{GITLAB}/group/project/-/issues/123?tab=x#note_99", _issue(123, "group/project")),
        (f"{GITLAB}/group/project/-/merge_requests/45/diffs", _merge_request(45, "group/project")),
        (f"{GITLAB}/group/project/-/issues/123.", _issue(123, "group/project")),
        (f"{GITLAB}/group/project/-/issues/123, reviewed", _issue(123, "group/project")),
        ("HTTPS://GITLAB.EXAMPLE.ORG/group/project/-/issues/123", _issue(123, "group/project")),
        ("https://gitlab.example.org:443/group/project/-/issues/123", _issue(123, "group/project")),
        ("http://gitlab.example.org/group/project/-/issues/123", _issue(123, "group/project")),
    ],
)
def test_a_reference_at_the_very_beginning_is_the_leading_one(description: str, expected: Reference) -> None:
    assert _found(description) == References((expected,), expected)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Fix login (#123)", _issue(123)),
        ("Fix login (#123456)", _issue(123456)),
        ("Fix login #123", _issue(123)),
        ("Fix login [#123]", _issue(123)),
        ("Fix login, see Issue #123.", _issue(123)),
        ("Fix login, see issue #123456.", _issue(123456)),
        ("Review !45", _merge_request(45)),
        ("Review (!45)", _merge_request(45)),
        ("Review MR45:: Title", _merge_request(45)),
        ("Work on group/project#123 today", _issue(123, "group/project")),
        ("5: standup, then #12", _issue(12)),
        ("C# refactoring (#12)", _issue(12)),
        ("#standup about #12", _issue(12)),
        ("RFC-2616 in #12", _issue(12)),
        (f"see {GITLAB}/group/project/-/issues/123", _issue(123, "group/project")),
        (f"(see {GITLAB}/group/project/-/issues/123)", _issue(123, "group/project")),
        (f"[login]({GITLAB}/group/project/-/issues/123)", _issue(123, "group/project")),
        (f"<{GITLAB}/group/project/-/issues/123>", _issue(123, "group/project")),
        ("Ümlaut #12", _issue(12)),
        ("👩‍💻 #12", _issue(12)),
    ],
)
def test_a_reference_elsewhere_is_found_but_does_not_lead(description: str, expected: Reference) -> None:
    assert _found(description) == References((expected,), None)


@pytest.mark.parametrize(
    ("description", "sign", "iid", "title"),
    [
        ("Fix login (#123) · Issues · Group / Project · GitLab", "#", 123, "Group / Project"),
        ("Fix login (#123) · Issues · Group / Sub / My Project · GitLab", "#", 123, "Group / Sub / My Project"),
        ("Fix login (#123) · Work items · Group / Project · GitLab", "#", 123, "Group / Project"),
        ("Fix login (!45) · Merge requests · Group / Project · GitLab", "!", 45, "Group / Project"),
        ("Fix (#7) again (#123) · Issues · Group / Project · GitLab", "#", 123, "Group / Project"),
        ("Fix · login (#123) · Issues · Group / Project · GitLab ", "#", 123, "Group / Project"),
        ("Colour (#123456) · Issues · Group  /  Project · GitLab", "#", 123456, "Group / Project"),
    ],
)
def test_a_page_title_names_the_project_by_its_name_with_namespace(
    description: str, sign: str, iid: int, title: str
) -> None:
    assert _found(description).found == (Reference(sign, iid, page_title=title),)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "   ",
        "Fix login",
        "5: standup",
        "C# refactoring",
        "C#12",
        "F#5 workshop",
        "#standup",
        "#",
        "# 12",
        "#0",
        "#012",
        "#-12",
        "#１２",
        "#12345678901",
        "#12ab34",
        "#123abc",
        "#12_b",
        "colour #123456",
        "color #123456",
        "Colour: #123456",
        "colour #123",
        "paint it in the colour #123456",
        "hex #12345678",
        "RFC-2616",
        "UTF-8",
        "##12",
        "a#12",
        "x-#12",
        "x/#12",
        "user@host#12",
        "&#12;",
        "$#12",
        "#12.5 percent",
        "#12,5 percent",
        "#12:30 meeting",
        "#12/2026",
        "#12-2026",
        "wow!45",
        "!important",
        "!!45",
        "! 45",
        "MR45",
        "MR45: Title",
        "MR 45:: Title",
        "MR0:: Title",
        "XMR45:: Title",
        "project#",
        "group/project",
        "group/project#0",
        "group/project#x",
        "group/project#12a",
        "group//project#12",
        "https://github.com/group/project/issues/123",
        "https://gitlab.com/group/project/-/issues/123",
        "https://gitlab.example.org.attacker.net/group/project/-/issues/123",
        "https://user@gitlab.example.org/group/project/-/issues/123",
        "https://gitlab.example.org:8443/group/project/-/issues/123",
        "ftp://gitlab.example.org/group/project/-/issues/123",
        "https://other.example.org/group/project#12",
        "https://other.example.org/page?x=(#12)",
        "https://other.example.org/!45",
        f"{GITLAB}/group/project",
        f"{GITLAB}/group/project/-/issues",
        f"{GITLAB}/group/project/-/issues/new",
        f"{GITLAB}/group/project/-/issues/0",
        f"{GITLAB}/group/project/-/issues/12a",
        f"{GITLAB}/group/project/-/issues/12-fix",
        f"{GITLAB}/project/-/issues/12",
        f"{GITLAB}/group/project/-/commit/12",
        f"{GITLAB}/group/project/-/blob/main/issues/12",
        f"{GITLAB}/group/project#12",
        "https://[::1/group/project/-/issues/12",
        "https://gitlab.example.org:port/group/project/-/issues/12",
    ],
)
def test_what_only_looks_like_a_reference_is_none(description: str) -> None:
    assert _found(description) == References((), None)


def test_all_references_are_found_in_the_order_in_which_they_stand() -> None:
    description = f"see !45, group/project#1, {GITLAB}/a/b/-/issues/2 and #3 (MR4:: x)"

    assert _found(description) == References(
        (_merge_request(45), _issue(1, "group/project"), _issue(2, "a/b"), _issue(3), _merge_request(4)), None
    )


@pytest.mark.parametrize("joint", ["/", "+", "&", "-", ", ", " and "])
def test_references_that_are_joined_are_all_found(joint: str) -> None:
    assert _found(f"#12{joint}#13").found == (_issue(12), _issue(13))
    assert _found(f"on #12{joint}!13") == References((_issue(12), _merge_request(13)), None)


@pytest.mark.parametrize(
    "joint",
    [
        ",",
        ", ",
        " , ",
        "/",
        " / ",
        "&",
        " & ",
        "+",
        " + ",
        " and ",
        " AND ",
        ", and ",
        "、",
        "，",
        "، ",
        "), (",
        "] & [",
        "+s, ",
    ],
)
def test_one_at_the_very_beginning_does_not_lead_when_it_is_joined_to_another(joint: str) -> None:
    for second in ("#13", "!12", "group/project#12", f"{URL}/12", "MR4::", "GL-13", "Issue #13", "MR #4"):
        found = _found(f"#12{joint}{second} pairing")

        assert (len(found.found), found.leading) == (2, None)


@pytest.mark.parametrize(
    "between", [" ", " not ", ": ", " or ", "; ", ". ", " blocked by ", ", blocked by ", " andy ", "+s "]
)
def test_one_at_the_very_beginning_leads_when_something_else_stands_between(between: str) -> None:
    assert _found(f"#12{between}#13").leading == _issue(12)


def test_what_names_nothing_joins_nothing() -> None:
    assert _found("#12, C#8").leading == _issue(12)
    assert _found("C#8, #12") == References((_issue(12),), None)
    assert find_references("#12, C#8", GITLAB).leading is None


def test_a_reference_in_a_url_is_counted_once_whatever_its_fragment_says() -> None:
    assert _found(f"x {GITLAB}/a/b/-/issues/2#13").found == (_issue(2, "a/b"),)


def test_only_the_first_of_several_leads() -> None:
    found = _found("#12 blocked by #13")

    assert found.leading == _issue(12)
    assert found.found == (_issue(12), _issue(13))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/gitlab/group/project/-/issues/5", (_issue(5, "group/project"),)),
        ("https://example.org/GitLab/group/project/-/issues/5", (_issue(5, "group/project"),)),
        ("https://example.org/other/group/project/-/issues/5", ()),
        ("https://example.org/gitlabx/group/project/-/issues/5", ()),
        ("https://example.org/group/project/-/issues/5", ()),
    ],
)
def test_a_gitlab_below_a_path_is_known_by_its_path(url: str, expected: tuple[Reference, ...]) -> None:
    assert _found(url, "https://example.org/gitlab").found == expected
    assert _found(url, "https://example.org/gitlab/").found == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/a/b/-/issues/5", (_issue(5, "a/b"),)),
        ("http://127.0.0.1:8081/a/b/-/issues/5", ()),
        ("http://127.0.0.1/a/b/-/issues/5", ()),
    ],
)
def test_a_gitlab_on_a_port_is_known_by_its_port(url: str, expected: tuple[Reference, ...]) -> None:
    assert _found(url, "http://127.0.0.1:8080").found == expected


_PIECES = ["#12", "!45", "&6", "[", "]", "(", ")", "a/b", "https://", GITLAB, "/-/issues/7", " · ", "MR5::", "::", "/"]


@without_deadline
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=5)).map("".join) | st.text(st.characters(codec=None)))
def test_any_text_has_references_that_are_well_formed_and_never_an_exception(description: str) -> None:
    references = _found(description)

    assert references.leading is None or references.leading == references.found[0]
    for reference in references.found:
        assert reference.sign in {"#", "!", "&"}
        assert 1 <= reference.iid <= 9_999_999_999
        assert str(reference.iid) in one_line(description) or "show=" in description
        assert reference.path is None or "/" in reference.path or reference.sign == "&"


URL = f"{GITLAB}/acme/shop/-/issues"


def _numbers(description: str, gitlab_url: str = GITLAB) -> list[int]:
    return [reference.iid for reference in _found(description, gitlab_url).found]


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
        find_references(text, GITLAB) for text in (f"({URL}/1) not #5", "[#1] not #5", "x (#1) not #5")
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
        ("Fix (#12) · Issues · Acme / Shop", "Acme / Shop"),
        ("Fix (#12) · Issues · Acme / Sh…", "Acme / Sh…"),
        ("Fix (#12) · Issues · Acme", None),
        ("Fix (#12) · Issues", None),
        ("Fix (#12) · Acme / Shop · GitLab", None),
        ("Fix (#12) · A · B / C · D", None),
        ("Fix (#12) · Issues · Acme / Shop · GitLab_", "Acme / Shop"),
    ],
)
def test_a_page_title_is_recognised_as_a_whole(description: str, project: str | None) -> None:
    titles = [reference.page_title for reference in find_references(description, GITLAB).found]

    assert [title for title in titles if title is not None] == ([] if project is None else [project])


def _only(description: str, gitlab_url: str = GITLAB) -> Reference:
    (reference,) = find_references(description, gitlab_url).found
    return reference


@pytest.mark.parametrize(
    "description",
    [
        "#12を修正",
        "修复#12登录",
        "ログイン修正#12",
        "＃12 修正",
        "修正＃12を",
        "แก้ไข#12ด้วย",
        "ជួសជុល#12",
        "ແກ້ໄຂ#12",
        "ပြင်#12",
        "བཅོས#12",
        "로그인 수정#12",
        "#12를 고침",
        "か\u3099#12",
        "ｴﾗｰ#12",
        "𠮷野#12𠮷野",
    ],
)
def test_letters_of_scripts_without_spaces_and_hangul_hide_no_reference(description: str) -> None:
    assert _only(description) == _issue(12)


@pytest.mark.parametrize(
    "description",
    [
        "ä#12",
        "cafe\u0301#12",
        "задача#12",
        "مهمة#12",
        "משימה#12",
        "हिन्दी#12",
        "#12ä",
        "#12й",
        "#12ה",
        "修#12th",
        "修#3D印刷",
    ],
)
def test_letters_of_other_scripts_hide_one(description: str) -> None:
    assert _found(description).found == ()


def test_what_nobody_sees_makes_no_difference() -> None:
    assert _found("\u200b#12\u200f, #13") == References((_issue(12), _issue(13)), None)
    assert _found("\ufeff#12 not #13").leading == _issue(12)
    assert _found("C\u200b#12").found == ()


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("GL-12 Fix", _issue(12)),
        ("[issue:12] Fix", _issue(12)),
        ("[work_item:12]", _issue(12)),
        ("[issue:group/project/12]", _issue(12, "group/project")),
        ("[work_item:group/sub/project/12]+", _issue(12, "group/sub/project")),
        ("[issue:website/12]", Reference("#", 12, short_name="website")),
        ("website#12", Reference("#", 12, short_name="website")),
        ("api!45", Reference("!", 45, short_name="api")),
        ("my.web-site_2#5", Reference("#", 5, short_name="my.web-site_2")),
        ("group/project&3", Reference("&", 3, path="group/project")),
        ("studio&3", Reference("&", 3, path="studio")),
        ("&3", Reference("&", 3)),
        ("[epic:3]", Reference("&", 3)),
        ("[epic:group/sub/3]", Reference("&", 3, path="group/sub")),
        ("#12+", _issue(12)),
        ("group/project#12+s", _issue(12, "group/project")),
    ],
)
def test_gitlabs_own_references_are_read_as_gitlab_reads_them(description: str, expected: Reference) -> None:
    assert find_references(description, GITLAB) == References((expected,), expected)


@pytest.mark.parametrize(
    "description",
    [
        r"\#12",
        r"\!45",
        r"\group/project#12",
        r"\website#12",
        r"\GL-12",
        r"\[issue:12]",
        "gl-12",
        "XGL-12",
        "GL-12a",
        "[issue:0]",
        "[issue:x]",
        "[issues:12]",
        "Q1&2 planning",
        "1&2",
        "R&D",
        "&#12;",
        "x-#12",
        "a@b.c#12",
    ],
)
def test_what_gitlab_does_not_read_as_a_reference_is_none(description: str) -> None:
    assert find_references(description, GITLAB).found == ()


@pytest.mark.parametrize(
    "description",
    [
        "MR #45 review",
        "MR#45",
        "MR: #45",
        "merge request #45",
        "Merge Request (#45)",
        "merge requests #45",
        "MR !45",
        "PR #45",
        "mr #45",
    ],
)
def test_a_merge_request_by_its_word_is_never_an_issue(description: str) -> None:
    found = find_references(description, GITLAB)

    assert found == References((_merge_request(45),), _merge_request(45))


@pytest.mark.parametrize("description", ["MRI #45", "TMR #45", "merge requested #45", "MR for #45"])
def test_a_word_that_is_none_for_a_merge_request_says_nothing(description: str) -> None:
    assert [one.sign for one in _found(description).found] == ["#"]


PAGE = "Fix (#15) · Issues · Studio / Harbour App · GitLab"
TITLED = Reference("#", 15, page_title="Studio / Harbour App")


@pytest.mark.parametrize(
    "description",
    [
        f"{PAGE} with Ana",
        f"Review: {PAGE}",
        f"(3) {PAGE} - Google Chrome",
        f"Reading\n{PAGE}\nwith Ana",
        f'"{PAGE}"',
        f"{PAGE}で",
        f"Follow-up of #12, !13 and a/b#14: {PAGE}",
        f"#15 {PAGE}",
        f"#12 {PAGE}",
    ],
)
def test_a_page_title_is_one_reference_wherever_it_stands(description: str) -> None:
    assert find_references(description, GITLAB) == References((TITLED,), TITLED)


@pytest.mark.parametrize(
    ("description", "iids", "leading"),
    [
        (f"{PAGE} after #13", [15, 13], 15),
        (f"{PAGE}, #13", [15, 13], None),
        (f"{PAGE}, Go (#16) · Issues · A / B · GitLab", [15, 16], None),
        (f"{PAGE} Go (#16) · Issues · A / B · GitLab", [15, 16], 15),
        (f"{URL}/12 {PAGE}", [12, 15], 12),
        (f"{PAGE} {URL}/12", [15, 12], 15),
    ],
)
def test_a_page_title_and_others(description: str, iids: list[int], leading: int | None) -> None:
    found = find_references(description, GITLAB)

    assert [one.iid for one in found.found] == iids
    assert getattr(found.leading, "iid", None) == leading


def test_an_epics_page_title_names_a_groups_item() -> None:
    assert _only("Kick-off (&3) · Epics · Studio · GitLab") == Reference("&", 3, page_title="Studio")


def test_mentions_of_several_texts_are_all_there_and_none_leads() -> None:
    texts = [find_references(text, GITLAB) for text in ("#12", "nothing", "!13")]

    assert together(texts) == References((_issue(12), _merge_request(13)), None)
    assert together(texts[:2]) == texts[0]
    assert together([]) == References((), None)
