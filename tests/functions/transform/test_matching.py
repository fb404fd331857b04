"""Which issue or merge request an entry belongs to, and why it belongs to none."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.model import Found, Project, Target, TimeEntry, Wanted
from functions.transform.matching import Match, Pick, ProjectNames, match, pick, wanted
from functions.transform.references import Reference, References, find_references

GITLAB = "https://gitlab.example.org"
NAMES = ProjectNames(
    default_path="main/app",
    mapped={"Web Shop": "acme/shop", "777": "acme/by-id"},
    titled={"Acme / Shop": ("acme/shop",), "Twice / There": ("twice/there", "twice/there-2"), "No / Where": ()},
)


def _entry(description: str = "", project_id: int | None = None, project_name: str | None = None) -> TimeEntry:
    start = datetime(2026, 11, 20, 9, tzinfo=UTC)
    return TimeEntry(1, start, start, 0, description, False, 7, project_id, project_name)


def _picked(description: str, names: ProjectNames = NAMES, project_name: str | None = None) -> Pick | str:
    return pick(find_references(description, GITLAB), _entry(description, project_name=project_name), names)


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
    assert _picked(description) == "ambiguous_reference"


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


@pytest.mark.parametrize("description", ["", "Fix login", "5: standup", "colour #123456"])
def test_a_description_without_reference_has_no_issue(description: str) -> None:
    assert _picked(description) == "no_issue"


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
    entry = _entry("#12", project_id, project_name)

    assert pick(find_references("#12", GITLAB), entry, NAMES) == Pick(path, "#", 12)


def test_a_path_in_the_description_goes_before_the_entrys_project() -> None:
    assert _picked("other/project#12", project_name="Web Shop") == Pick("other/project", "#", 12)


def test_a_page_title_goes_before_the_entrys_project() -> None:
    assert _picked("Fix (#12) · Issues · Acme / Shop · GitLab") == Pick("acme/shop", "#", 12)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Twice / There", "ambiguous_reference"),
        ("No / Where", "project_not_found"),
        ("Un / Known", "project_not_found"),
    ],
)
def test_a_page_title_that_does_not_name_one_project_is_not_guessed(title: str, reason: str) -> None:
    assert _picked(f"Fix (#12) · Issues · {title} · GitLab") == reason


def test_without_a_default_project_to_see_a_bare_number_has_no_project() -> None:
    names = ProjectNames(default_path=None, mapped=NAMES.mapped, titled={})

    assert _picked("#12", names) == "project_not_found"
    assert _picked("see #12", names) == "project_not_found"
    assert _picked("see #12", names, project_name="Web Shop") == Pick("acme/shop", "#", 12)


@pytest.mark.parametrize("description", ["see #12 and #13", "see #12 and acme/shop#13"])
def test_several_references_are_ambiguous_even_when_one_has_no_project(description: str) -> None:
    assert _picked(description, ProjectNames(default_path=None, mapped={}, titled={})) == "ambiguous_reference"


@given(st.text(st.characters(codec=None)) | st.text("#!12 /ab[]()·", max_size=20))
def test_any_description_gives_a_pick_or_a_known_reason(description: str) -> None:
    picked = _picked(description)

    assert isinstance(picked, Pick) or picked in {"no_issue", "ambiguous_reference", "project_not_found"}


_references = st.builds(
    Reference,
    st.sampled_from("#!"),
    st.integers(1, 3),
    st.none() | st.sampled_from(["a/b", "A/b", "main/app"]),
    st.just(None),
)


@given(st.lists(_references, max_size=4), st.randoms(use_true_random=False))
def test_without_a_leading_reference_their_order_does_not_matter(references: list[Reference], random: Random) -> None:
    shuffled = list(references)
    random.shuffle(shuffled)

    one = pick(References(tuple(references), None), _entry(), NAMES)
    other = pick(References(tuple(shuffled), None), _entry(), NAMES)

    assert wanted([one]) == wanted([other])
    assert isinstance(one, Pick) or one == other


def test_what_is_looked_up_is_grouped_by_project_whatever_the_case_of_its_path() -> None:
    picks = [
        Pick("Acme/Shop", "#", 12),
        Pick("acme/shop", "#", 13),
        Pick("acme/shop", "#", 12),
        Pick("acme/shop", "!", 12),
        Pick("main/app", "!", 4),
        "no_issue",
    ]

    assert wanted(picks) == {
        "acme/shop": Wanted(frozenset({12, 13}), frozenset({12})),
        "main/app": Wanted(frozenset(), frozenset({4})),
    }


SHOP = Found(
    Project(5, "acme/Shop", "Acme / Shop"),
    issues={
        12: Target("gid://gitlab/Issue/1012", "acme/Shop#12"),
        13: Target("gid://gitlab/Issue/2099", "other/project#99"),
    },
    merge_requests={45: Target("gid://gitlab/MergeRequest/3045", "acme/Shop!45")},
)


@pytest.mark.parametrize(
    ("picked", "expected"),
    [
        (Pick("Acme/shop", "#", 12), Match(SHOP.issues[12], None, "acme/Shop#12")),
        (Pick("acme/shop", "!", 45), Match(SHOP.merge_requests[45], None, "acme/Shop!45")),
        (Pick("acme/shop", "!", 12), Match(None, "issue_not_found", "acme/Shop!12")),
        (Pick("acme/shop", "#", 45), Match(None, "issue_not_found", "acme/Shop#45")),
        (Pick("acme/none", "#", 12), Match(None, "project_not_found", "acme/none#12")),
        ("no_issue", Match(None, "no_issue", None)),
        ("ambiguous_reference", Match(None, "ambiguous_reference", None)),
    ],
)
def test_a_pick_comes_to_the_place_that_gitlab_has_or_to_the_reason_why_not(
    picked: Pick | str, expected: Match
) -> None:
    assert match(picked, {"acme/shop": SHOP}) == expected


def test_an_issue_that_moved_is_followed_and_named_as_it_is_called_now() -> None:
    assert match(Pick("acme/shop", "#", 13), {"acme/shop": SHOP}) == Match(SHOP.issues[13], None, "other/project#99")
