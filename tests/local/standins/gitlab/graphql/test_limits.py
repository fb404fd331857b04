"""How large, how deep and how expensive a query may be."""

from __future__ import annotations

from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import data, messages, post


def test_a_page_of_100_doubles_the_complexity_of_what_it_holds(gitlab: GitLab) -> None:
    template = (
        '{{ queryComplexity {{ score limit }} project(fullPath: "acme/tools/web") '
        "{{ issues(first: {first}) {{ nodes {{ id iid }} }} }} }}"
    )

    small, large = (data(gitlab, template.format(first=size))["queryComplexity"] for size in (1, 100))

    # queryComplexity 3, project 1, issues 1, nodes 1, id 1, iid 1; a page of 100 counts the last four twice.
    assert small == {"score": 8, "limit": 250}
    assert large == {"score": 12, "limit": 250}


def test_more_complexity_than_250_is_refused(gitlab: GitLab) -> None:
    text = "{ " + " ".join(f"m{number}: metadata {{ version }}" for number in range(126)) + " }"

    answer = post(gitlab, text)

    assert answer.json() == {
        "errors": [{"message": "Query has complexity of 252, which exceeds max complexity of 250"}]
    }  # fmt: skip


def test_a_page_size_in_a_variable_counts_and_so_does_a_fragment(gitlab: GitLab) -> None:
    text = """
      query Issues($first: Int) { project(fullPath: "acme/tools/web") { issues(first: $first) { ...page } }
        queryComplexity { score } }
      fragment page on IssueConnection { nodes { id } }
    """

    assert data(gitlab, text, first=100)["queryComplexity"]["score"] == 9


def test_deeper_than_20_and_fields_nested_in_themselves_are_refused(gitlab: GitLab) -> None:
    def moved(times: int) -> str:
        return 'query { issue(id: "gid://gitlab/Issue/1") ' + "{ movedTo " * times + "{ id }" + " }" * times + " }"

    assert data(gitlab, moved(2)) == {"issue": None}
    assert messages(gitlab, moved(3)) == [
        'Recursive query - too many of fields \'{"movedTo"=>3}\' detected\nin single branch of the query")\n'
    ]
    assert "Query has depth of 22, which exceeds max depth of 20" in messages(gitlab, moved(20))
