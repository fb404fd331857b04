"""Which issue or merge request an entry belongs to, and why it belongs to none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.vocabulary import Reason
from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import Found, NewIssue, Project, Target, Titled, Wanted
from functions.transform.forms import Reference
from functions.transform.matching import (
    Choice,
    Match,
    Pick,
    Picked,
    Placed,
    ProjectNames,
    TitlePick,
    choose,
    match,
    match_or_create,
    wanted,
)
from functions.transform.own_project import OwnProjects
from functions.transform.references import References, find_references
from functions.transform.screening import Mentions, find_mentions
from functions.transform.titles import issue_key

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

GITLAB = "https://gitlab.example.org"
NAMES = ProjectNames(
    OwnProjects({"Web Shop": "acme/shop", "777": "acme/by-id", "None": "acme/none"}, "main/app"),
    titled={"Acme / Shop": ("acme/shop",), "Twice / There": ("twice/there", "twice/there-2"), "No / Where": ()},
)


def _entry(description: str = "", project_id: int | None = None, project_name: str | None = None) -> TimeEntry:
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return TimeEntry(1, start, start, 0, description, False, 7, project_id, project_name)


def _chosen(
    description: str, project_id: int | None = None, project_name: str | None = None, names: ProjectNames = NAMES
) -> Choice:
    entry = _entry(description, project_id, project_name)
    return choose(find_mentions(entry, GITLAB), entry, names)


def _picked(description: str, names: ProjectNames = NAMES, project_name: str | None = None) -> Picked:
    return _chosen(description, None, project_name, names).picked


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("#12 Fix login", Pick("main/app", "#", 12)),
        ("Fix login (#12)", Pick("main/app", "#", 12)),
        ("MR45:: Title", Pick("main/app", "!", 45)),
        ("other/project#12", Pick("other/project", "#", 12)),
        (f"{GITLAB}/other/project/-/merge_requests/45", Pick("other/project", "!", 45)),
        ("Fix (#12) · Issues · Acme / Shop · GitLab", Pick("acme/shop", "#", 12)),
    ],
)
def test_the_only_reference_counts_wherever_it_stands(description: str, expected: Pick) -> None:
    assert _picked(description) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("#12 blocked by #13", Pick("main/app", "#", 12)),
        ("[#12] blocked by acme/shop#13", Pick("main/app", "#", 12)),
        ("Issue #12: see #13 and !14", Pick("main/app", "#", 12)),
        ("MR45:: closes #12", Pick("main/app", "!", 45)),
        (f"{GITLAB}/a/b/-/issues/1 like #12", Pick("a/b", "#", 1)),
    ],
)
def test_a_reference_at_the_very_beginning_wins_over_others(description: str, expected: Pick) -> None:
    assert _picked(description) == expected


@pytest.mark.parametrize(
    "description",
    [
        "compare #12 and #13",
        "see #12 and !12",
        "see #12 and acme/shop#12",
        "see acme/shop#12 and acme/other#12",
        f"see #12 and {GITLAB}/main/app/-/issues/13",
    ],
)
def test_several_distinct_references_are_ambiguous_and_nothing_is_guessed(description: str) -> None:
    assert _picked(description) == Reason.AMBIGUOUS_REFERENCE


@pytest.mark.parametrize(
    "description",
    [
        "first #12 then (#12) again",
        "see #12 and main/app#12",
        "see #12 and Main/App#12",
        f"see {GITLAB}/main/app/-/issues/12 and {GITLAB}/main/app/-/work_items/12 and #12",
    ],
)
def test_the_same_place_named_twice_is_one_reference(description: str) -> None:
    picked = _picked(description)

    assert isinstance(picked, Pick)
    assert (picked.path.lower(), picked.sign, picked.iid) == ("main/app", "#", 12)


@pytest.mark.parametrize("description", ["Fix login", "5: standup", "colour #123456", "C# refactoring"])
def test_a_description_without_any_reference_may_be_the_title_of_an_issue_in_the_entrys_project(
    description: str,
) -> None:
    assert _picked(description) == TitlePick("main/app", description)
    assert _picked(description, project_name="Web Shop") == TitlePick("acme/shop", description)


@pytest.mark.parametrize("description", ["", "  \n ", "\u200b"])
def test_a_description_of_nothing_has_no_issue(description: str) -> None:
    assert _picked(description) == Reason.NO_ISSUE


@pytest.mark.parametrize(
    ("project_id", "project_name", "path"),
    [
        (None, None, "main/app"),
        (1, "Web Shop", "acme/shop"),
        (1, " Web Shop ", "acme/shop"),
        (777, None, "acme/by-id"),
        (777, "Web Shop", "acme/by-id"),
        (1, "Something else", "main/app"),
        (1, "web shop", "main/app"),
    ],
)
def test_a_bare_number_belongs_to_the_project_of_the_entrys_toggl_project_else_to_the_default(
    project_id: int | None, project_name: str | None, path: str
) -> None:
    assert _chosen("#12", project_id, project_name).picked == Pick(path, "#", 12)


def test_a_path_in_the_description_goes_before_the_entrys_project() -> None:
    assert _picked("other/project#12", project_name="Web Shop") == Pick("other/project", "#", 12)


def test_a_page_title_goes_before_the_entrys_project() -> None:
    assert _picked("Fix (#12) · Issues · Acme / Shop · GitLab") == Pick("acme/shop", "#", 12)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Twice / There", Reason.AMBIGUOUS_REFERENCE),
        ("No / Where", Reason.PROJECT_NOT_FOUND),
        ("Un / Known", Reason.PROJECT_NOT_FOUND),
    ],
)
def test_a_page_title_that_does_not_name_one_project_is_not_guessed(title: str, reason: str) -> None:
    assert _picked(f"Fix (#12) · Issues · {title} · GitLab") == reason


NUMBERED = ProjectNames(OwnProjects({"Web Shop": "7", "Private": None}, "1"), {"7": "acme/shop"})


def test_a_project_that_the_settings_give_by_its_number_is_known_by_its_path_when_it_can_be_seen() -> None:
    assert _picked("see #12", NUMBERED, project_name="Web Shop") == Pick("acme/shop", "#", 12)
    assert _picked("see #12", NUMBERED) == Pick("1", "#", 12)
    assert _picked("Fix login", NUMBERED) == TitlePick("1", "Fix login")
    assert _picked("", NUMBERED) == Reason.NO_ISSUE


def test_whatever_an_entry_of_a_project_that_is_left_out_names_it_goes_nowhere() -> None:
    for description in ("#12", "acme/shop#12", "Fix login"):
        assert _picked(description, NUMBERED, project_name="Private") == Reason.PROJECT_LEFT_OUT


@pytest.mark.parametrize("description", ["see #12 and #13", "see #12 and acme/shop#13"])
def test_several_references_are_ambiguous_even_when_one_has_no_project(description: str) -> None:
    assert _picked(description, NUMBERED) == Reason.AMBIGUOUS_REFERENCE


SHORT = ProjectNames(
    OwnProjects({"Web Shop": "acme/shop", "Other": "zoo/shop", "Backend": "3", "Here": "acme/app"}, "main/app"),
    {"3": "acme/api"},
    siblings={"main/docs": "main/Docs", "main/api": "main/api"},
)


@pytest.mark.parametrize(
    ("description", "project_name", "expected"),
    [
        ("docs#6", None, Pick("main/Docs", "#", 6)),
        ("DOCS#6", None, Pick("main/Docs", "#", 6)),
        ("docs#6", "Web Shop", TitlePick("acme/shop", "docs#6")),
        ("api#6", "Web Shop", Pick("acme/api", "#", 6)),
        ("api!6", "Web Shop", Pick("acme/api", "!", 6)),
        ("[issue:api/6]", "Web Shop", Pick("acme/api", "#", 6)),
        ("api#6", None, Reason.AMBIGUOUS_REFERENCE),
        ("shop#6", None, Reason.AMBIGUOUS_REFERENCE),
        ("app#6", None, Reason.AMBIGUOUS_REFERENCE),
        ("hop#6", None, TitlePick("main/app", "hop#6")),
        ("C#12 migration", None, TitlePick("main/app", "C#12 migration")),
        ("C#12 migration #5", None, Pick("main/app", "#", 5)),
        ("docs#6, #5", None, Reason.AMBIGUOUS_REFERENCE),
        ("none#6, #5", None, Pick("main/app", "#", 5)),
        ("see docs#6 and main/docs#6", None, Pick("main/Docs", "#", 6)),
    ],
)
def test_a_short_name_counts_when_one_configured_project_or_sibling_has_it(
    description: str, project_name: str | None, expected: Picked
) -> None:
    assert _picked(description, SHORT, project_name) == expected


@pytest.mark.parametrize(
    ("description", "task", "tags", "source", "expected"),
    [
        ("#12", "#13", ("#14",), "description", Pick("main/app", "#", 12)),
        ("Fix", "Login (#13)", ("#14",), "task", Pick("main/app", "#", 13)),
        ("C#8", "Login (#13)", ("#14",), "task", Pick("main/app", "#", 13)),
        ("", "Login (#13)", (), "task", Pick("main/app", "#", 13)),
        ("Fix", "Login", ("urgent", "acme/shop#14"), "tags", Pick("acme/shop", "#", 14)),
        ("Fix", None, ("#14", "#14 again"), "tags", Pick("main/app", "#", 14)),
        ("Fix", None, ("#14", "#15"), "tags", Reason.AMBIGUOUS_REFERENCE),
        ("Fix", "#13, #14", ("#15",), "task", Reason.AMBIGUOUS_REFERENCE),
        ("see #12 or #13", "#13", (), "description", Reason.AMBIGUOUS_REFERENCE),
        ("Fix", "Login", ("urgent",), "description", TitlePick("main/app", "Fix")),
        ("", "Login", ("urgent",), "description", Reason.NO_ISSUE),
    ],
)
def test_the_task_counts_when_the_description_has_no_reference_and_then_the_tags(
    *, description: str, task: str | None, tags: tuple[str, ...], source: str, expected: Picked
) -> None:
    entry = replace(_entry(description), task_name=task, tags=tags)

    choice = choose(find_mentions(entry, GITLAB), entry, NAMES)

    assert (choice.source, choice.picked) == (source, expected)


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("studio&3", "studio&3"),
        ("&3", "main&3"),
        (f"{GITLAB}/groups/studio/sub/-/epics/3", "studio/sub&3"),
        ("Kick-off (&3) · Epics · Studio · GitLab", "Studio&3"),
    ],
)
def test_time_cannot_be_logged_on_a_groups_item(description: str, name: str) -> None:
    picked = _picked(description)

    assert wanted([picked]) == {}
    assert match(picked, {}) == Match(None, Reason.GROUP_ITEM, name)


@without_deadline
@given(st.text(st.characters(codec=None)) | st.text("#!12 /ab[]()·", max_size=20))
def test_any_description_gives_a_pick_or_a_known_reason(description: str) -> None:
    picked = _picked(description)

    reasons = {Reason.NO_ISSUE, Reason.AMBIGUOUS_REFERENCE, Reason.PROJECT_NOT_FOUND}
    assert isinstance(picked, Pick | TitlePick) or picked in reasons


_references = st.builds(
    Reference,
    st.sampled_from("#!"),
    st.integers(1, 3),
    st.none() | st.sampled_from(["a/b", "A/b", "main/app"]),
    st.just(None),
)


def _place(picked: Picked) -> object:
    """What a pick names; the case of a path names nothing else."""
    return (picked.path.lower(), picked.sign, picked.iid) if isinstance(picked, Pick) else picked


@without_deadline
@given(st.lists(_references, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_without_a_leading_reference_their_order_does_not_matter(references: list[Reference], random: Random) -> None:
    shuffled = list(references)
    random.shuffle(shuffled)

    one = choose(Mentions(References(tuple(references), None)), _entry(), NAMES).picked
    other = choose(Mentions(References(tuple(shuffled), None)), _entry(), NAMES).picked

    assert _place(one) == _place(other)


@pytest.mark.parametrize(
    ("description", "rule"),
    [
        ("#12 blocked by #13", "leading"),
        ("see #12 and (#12)", "only"),
        ("see #12 and #13", "ambiguous"),
        ("Fix login", "title"),
        ("", "title"),
    ],
)
def test_a_choice_tells_by_which_rule_it_was_made(description: str, rule: str) -> None:
    assert _chosen(description).rule == rule


@pytest.mark.parametrize(
    ("description", "project_id", "project_name", "origins"),
    [
        ("a/b#1", 777, "Web Shop", ["path"]),
        ("#1", 777, "Web Shop", ["project_map_id"]),
        ("#1", 1, "Web Shop", ["project_map_name"]),
        ("#1", None, None, ["default"]),
        ("Fix (#1) · Issues · Acme / Shop · GitLab", None, None, ["page_title"]),
        ("Fix (#1) · Issues · Twice / There · GitLab", None, None, ["page_title"]),
        ("see a/b#1 and #2", None, None, ["path", "default"]),
        ("Fix login", None, None, []),
    ],
)
def test_a_choice_tells_of_every_reference_where_its_project_comes_from(
    description: str, project_id: int | None, project_name: str | None, origins: list[str]
) -> None:
    choice = _chosen(description, project_id, project_name)

    assert [placed.origin for placed in choice.placed] == origins


def test_what_is_looked_up_is_grouped_by_project_whatever_the_case_of_its_path() -> None:
    picks: list[Picked] = [
        Pick("Acme/Shop", "#", 12),
        Pick("acme/shop", "#", 13),
        Pick("acme/shop", "#", 12),
        Pick("acme/shop", "!", 12),
        Pick("main/app", "!", 4),
        TitlePick("Main/App", "Fix login"),
        TitlePick("only/titles", "Fix login"),
        Reason.NO_ISSUE,
    ]

    assert wanted(picks) == {
        "acme/shop": Wanted(frozenset({12, 13}), frozenset({12}), titles=False, path="Acme/Shop"),
        "main/app": Wanted(frozenset(), frozenset({4}), titles=True, path="main/app"),
        "only/titles": Wanted(frozenset(), frozenset(), titles=True, path="only/titles"),
    }


SHOP = Found(
    Project(5, "acme/Shop", "Acme / Shop"),
    issues={
        12: Target("gid://gitlab/Issue/1012", "acme/Shop#12"),
        13: Target("gid://gitlab/Issue/2099", "other/project#99"),
    },
    merge_requests={
        45: Target("gid://gitlab/MergeRequest/3045", "acme/Shop!45"),
        46: Target("gid://gitlab/MergeRequest/3046", "acme/Shop!46"),
    },
)


@pytest.mark.parametrize(
    ("picked", "expected"),
    [
        (Pick("Acme/shop", "#", 12), Match(SHOP.issues[12], None, "acme/Shop#12")),
        (Pick("acme/shop", "!", 45), Match(SHOP.merge_requests[45], None, "acme/Shop!45")),
        (Pick("acme/shop", "!", 12), Match(None, Reason.ISSUE_NOT_FOUND, "acme/Shop!12")),
        (Pick("acme/shop", "#", 45), Match(None, Reason.ISSUE_NOT_FOUND, "acme/Shop#45")),
        (Pick("acme/none", "#", 12), Match(None, Reason.PROJECT_NOT_FOUND, "acme/none#12")),
        (Reason.NO_ISSUE, Match(None, Reason.NO_ISSUE, None)),
        (Reason.AMBIGUOUS_REFERENCE, Match(None, Reason.AMBIGUOUS_REFERENCE, None)),
    ],
)
def test_a_pick_comes_to_the_place_that_gitlab_has_or_to_the_reason_why_not(
    picked: Pick | str, expected: Match
) -> None:
    assert match(picked, {"acme/shop": SHOP}) == expected


def test_an_issue_that_moved_is_followed_and_named_as_it_is_called_now() -> None:
    assert match(Pick("acme/shop", "#", 13), {"acme/shop": SHOP}) == Match(SHOP.issues[13], None, "other/project#99")


LOGIN = Target("gid://gitlab/Issue/1", "acme/shop#1")
LOGIN_AGAIN = Target("gid://gitlab/Issue/2", "acme/shop#2")
CLOSED = Target("gid://gitlab/Issue/3", "acme/shop#3")
CLOSED_ONE = Target("gid://gitlab/Issue/4", "acme/shop#4")
CLOSED_TWO = Target("gid://gitlab/Issue/5", "acme/shop#5")
TITLED = Found(
    Project(5, "acme/Shop", "Acme / Shop"),
    issues={},
    merge_requests={},
    titles=(
        Titled("Straße  im Café", True, LOGIN),
        Titled("Twice", True, LOGIN),
        Titled("twice", True, LOGIN_AGAIN),
        Titled("Listed twice", True, LOGIN),
        Titled("Listed twice", True, LOGIN),
        Titled("Done", False, CLOSED),
        Titled("Open and closed", False, CLOSED),
        Titled("Open and closed", True, LOGIN),
        Titled("Closed twice", False, CLOSED_ONE),
        Titled("Closed twice", False, CLOSED_TWO),
    ),
)


def _titled(title: str) -> Match:
    return match(TitlePick("Acme/Shop", title), {"acme/shop": TITLED})


@pytest.mark.parametrize(
    "title", ["Straße  im Café", "straße im café", "STRASSE IM CAFÉ", " Straße\u00a0im Cafe\u0301 ", "Straße\tim\ncafé"]
)
def test_a_title_matches_whatever_its_case_white_space_and_unicode_form(title: str) -> None:
    assert _titled(title) == Match(LOGIN, None, "acme/shop#1")


@pytest.mark.parametrize("title", ["Straße", "Straße im Café!", "im Café", "Strase im Café", "Straße im Cafe"])
def test_a_title_that_is_only_alike_does_not_match(title: str) -> None:
    assert _titled(title) == Match(None, Reason.NO_ISSUE, None)


def test_a_title_that_several_open_issues_have_is_ambiguous() -> None:
    assert _titled("Twice") == Match(None, Reason.AMBIGUOUS_TITLE, None)


def test_an_issue_that_is_listed_twice_is_one_issue() -> None:
    assert _titled("Listed twice") == Match(LOGIN, None, "acme/shop#1")


def test_a_title_is_that_of_the_only_open_issue_else_of_the_only_closed_one() -> None:
    assert _titled("Open and closed") == Match(LOGIN, None, "acme/shop#1")
    assert _titled("Done") == Match(CLOSED, None, "acme/shop#3")
    assert _titled("Closed twice") == Match(None, Reason.AMBIGUOUS_TITLE, None)


@pytest.mark.parametrize(("path", "configured"), [("acme/none", "acme/none"), ("Acme/None", "acme/none"), ("7", "7")])
def test_a_number_in_a_configured_project_that_cannot_be_seen_is_a_fault_of_the_set_up(
    path: str, configured: str
) -> None:
    expected = Match(None, Reason.PROJECT_NOT_VISIBLE, f"{path}#12")

    assert match(Pick(path, "#", 12), {"acme/shop": TITLED}, {configured}) == expected
    assert match_or_create(Pick(path, "#", 12), {}, {}, (), {configured}) == expected


def test_a_number_in_another_project_that_cannot_be_seen_is_the_entrys_own_fault() -> None:
    expected = Match(None, Reason.PROJECT_NOT_FOUND, "acme/none!12")

    assert match(Pick("acme/none", "!", 12), {}, {"acme/other"}) == expected


def test_a_mere_title_in_a_project_that_cannot_be_seen_is_no_issue_unless_one_would_be_created() -> None:
    title, configured = TitlePick("acme/none", "Twice"), {"acme/none"}

    assert match(title, {}, configured) == Match(None, Reason.NO_ISSUE, None)
    assert match_or_create(title, {}, {}, ("twice",), configured) == Match(None, Reason.SKIP_TERM, None)
    assert match_or_create(title, {}, {}, (), configured) == Match(None, Reason.PROJECT_NOT_VISIBLE, "acme/none#new")


def test_nothing_is_asked_of_a_project_that_has_only_a_number() -> None:
    assert wanted([Pick("7", "#", 12), TitlePick("7", "Fix")]) == {}


def _made(title: str, marked: dict[str, Target] | None = None, skip_terms: tuple[str, ...] = ()) -> Match:
    by_path = {"acme/shop": marked} if marked is not None else {}
    return match_or_create(TitlePick("Acme/Shop", title), {"acme/shop": TITLED}, by_path, skip_terms)


def test_an_unmatched_title_gets_a_new_issue_of_its_project() -> None:
    new = NewIssue(issue_key(5, "Brand new"), "acme/Shop", "Brand new")

    assert _made("Brand new") == Match(new, None, "acme/Shop#new")
    assert _made("Brand new", {}) == Match(new, None, "acme/Shop#new")


@pytest.mark.parametrize("title", ["Brand new", "BRAND  NEW"])
def test_an_issue_with_the_marker_is_used_instead_of_a_new_one_whatever_it_is_called_now(title: str) -> None:
    marked = {issue_key(5, "brand new"): CLOSED, issue_key(6, "brand new"): LOGIN}

    assert _made(title, marked) == Match(CLOSED, None, "acme/shop#3")


def test_an_issue_with_the_title_is_used_instead_of_a_new_one_although_it_is_closed() -> None:
    assert _made("done") == Match(CLOSED, None, "acme/shop#3")


def test_a_title_that_several_closed_issues_have_is_ambiguous() -> None:
    assert _made("Closed twice") == Match(None, Reason.AMBIGUOUS_TITLE, None)


def test_an_open_issue_with_the_title_goes_before_the_marker_and_before_the_skip_terms() -> None:
    marked = {issue_key(5, "Listed twice"): CLOSED}

    assert _made("Listed twice", marked, ("listed twice",)) == Match(LOGIN, None, "acme/shop#1")


def test_an_ambiguous_title_gets_no_new_issue() -> None:
    assert _made("Twice") == Match(None, Reason.AMBIGUOUS_TITLE, None)


@pytest.mark.parametrize("description", ["lunch", "LUNCH", " Lunch ", "coffee  break", "@home"])
def test_a_description_that_is_a_skip_term_never_becomes_an_issue(description: str) -> None:
    picked = _picked(description, project_name="Web Shop")

    matched = match_or_create(picked, {"acme/shop": TITLED}, {}, ("Lunch", "Coffee Break", "@home"))

    assert matched == Match(None, Reason.SKIP_TERM, None)


@pytest.mark.parametrize("description", ["lunch with a client", "lunchtime", "working lunch"])
def test_a_description_that_only_contains_a_skip_term_may_become_an_issue(description: str) -> None:
    assert isinstance(_made(description, skip_terms=("lunch",)).target, NewIssue)


@pytest.mark.parametrize(
    ("picked", "expected"),
    [
        (Pick("acme/shop", "#", 99), Match(None, Reason.ISSUE_NOT_FOUND, "acme/Shop#99")),
        (Reason.NO_ISSUE, Match(None, Reason.NO_ISSUE, None)),
        (Reason.AMBIGUOUS_REFERENCE, Match(None, Reason.AMBIGUOUS_REFERENCE, None)),
        (Reason.PROJECT_NOT_FOUND, Match(None, Reason.PROJECT_NOT_FOUND, None)),
    ],
)
def test_nothing_is_created_for_an_entry_that_names_another_place_or_nothing(picked: Picked, expected: Match) -> None:
    assert match_or_create(picked, {"acme/shop": TITLED}, {}, ()) == expected


@pytest.mark.parametrize(
    ("description", "rule", "picked"),
    [
        ("#12 blocked by #13", "leading", Pick("main/app", "#", 12)),
        ("Fix (#12)", "only", Pick("main/app", "#", 12)),
        ("see #12, main/app#12, MAIN/App#12", "only", Pick("main/app", "#", 12)),
        ("see #12, #13", "ambiguous", Reason.AMBIGUOUS_REFERENCE),
        ("see #12, !12", "ambiguous", Reason.AMBIGUOUS_REFERENCE),
        ("Fix login", "title", TitlePick("main/app", "Fix login")),
        ("", "title", Reason.NO_ISSUE),
        ("x (#12) · Issues · Twice / There · GitLab", "leading", Reason.AMBIGUOUS_REFERENCE),
    ],
)
def test_a_choice_names_its_rule(description: str, rule: str, picked: object) -> None:
    choice = _chosen(description)

    assert (choice.rule, choice.picked) == (rule, picked)


@pytest.mark.parametrize("description", ["#12 and #13", "see #12 and #13", "see #12 and (#12)", "Fix login"])
def test_a_choice_has_every_reference_in_its_place(description: str) -> None:
    references = find_references(description, GITLAB).found

    assert [placed.reference for placed in _chosen(description).placed] == list(references)


@pytest.mark.parametrize(
    ("description", "project_id", "project_name", "origin", "picked"),
    [
        ("#12", None, None, "default", Pick("main/app", "#", 12)),
        ("#12", 5, "Other", "default", Pick("main/app", "#", 12)),
        ("#12", 777, "Web Shop", "project_map_id", Pick("acme/by-id", "#", 12)),
        ("#12", 5, " Web Shop ", "project_map_name", Pick("acme/shop", "#", 12)),
        ("x/y#12", 777, None, "path", Pick("x/y", "#", 12)),
        ("a (#12) · Issues · Acme / Shop · GitLab", 777, None, "page_title", Pick("acme/shop", "#", 12)),
        ("a (#12) · Issues · No / Where · GitLab", 777, None, "page_title", Reason.PROJECT_NOT_FOUND),
        ("a (#12) · Issues · Twice / There · GitLab", 777, None, "page_title", Reason.AMBIGUOUS_REFERENCE),
    ],
)
def test_a_reference_knows_where_its_project_comes_from(
    description: str, project_id: int | None, project_name: str | None, origin: str, picked: Pick | str
) -> None:
    (placed,) = _chosen(description, project_id, project_name).placed

    (reference,) = find_references(description, GITLAB).found
    assert placed == Placed(reference, origin, picked)  # type: ignore[arg-type]


def test_a_toggl_project_without_a_row_belongs_where_the_star_says_and_no_toggl_project_to_the_default() -> None:
    names = ProjectNames(OwnProjects({"*": "acme/rest", "Web Shop": "acme/shop"}, "main/app"))

    (rest,), (mapped,), (default,) = (
        _chosen("#1", *of, names).placed for of in ((5, "x"), (6, "Web Shop"), (None, None))
    )

    assert (rest.origin, rest.picked) == ("project_map_rest", Pick("acme/rest", "#", 1))
    assert (mapped.origin, mapped.picked) == ("project_map_name", Pick("acme/shop", "#", 1))
    assert (default.origin, default.picked) == ("default", Pick("main/app", "#", 1))


@pytest.mark.parametrize(
    ("description", "issue"),
    [
        ("compare #11 with Undo #13 in menus (#12) · Issues · Acme / Shop · GitLab", None),
        ("Undo #13 in menus (#12) · Issues · Acme / Shop · GitLab", "acme/Shop#12"),
        ("Reading undo  #13 in MENUS (#12) · Issues · Acme / Shop · GitLab", "acme/Shop#12"),
        ("Reading acme/shop#12: Undo #13 in menus (#12) · Issues · Acme / Shop · GitLab", "acme/Shop#12"),
        ("see C#13: Undo #13 in menus (#12) · Issues · Acme / Shop · GitLab", "acme/Shop#12"),
        ("What #13 broke (#12) · Issues · Acme / Shop · GitLab", "acme/Shop#12"),
        ("compare #12 with Draft (!45) · Merge requests · Acme / Shop · GitLab", None),
        ("Draft after #12 (!45) · Merge requests · Acme / Shop · GitLab", "acme/Shop!45"),
        ("#12 Draft (!46) · Merge requests · Acme / Shop · GitLab", "acme/Shop!46"),
        ("#12, Draft (!45) · Merge requests · Acme / Shop · GitLab", None),
        ("#12 Once called so (!46) · Merge requests · Acme / Shop · GitLab", None),
    ],
)
def test_the_issues_title_tells_whether_a_page_title_quotes_a_reference(description: str, issue: str | None) -> None:
    called = {
        SHOP.issues[12]: "Undo #13 in menus",
        SHOP.merge_requests[45]: "Draft",
        SHOP.merge_requests[46]: "#12 Draft",
    }

    matched = match(_picked(description), {"acme/shop": SHOP._replace(called=called)})

    assert (matched.issue, matched.reason) == (issue, None if issue else Reason.AMBIGUOUS_REFERENCE)
