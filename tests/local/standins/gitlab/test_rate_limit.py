"""How many requests a minute GitLab takes."""

from __future__ import annotations

import pytest

from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import post


@pytest.mark.parametrize("token", ["ada-token", "wrong"])
def test_every_answer_carries_the_rate_limit(gitlab: GitLab, token: str) -> None:
    post(gitlab, "{ currentUser { id } }", token)

    headers = post(gitlab, "{ currentUser { id } }", token).headers

    assert (headers["RateLimit-Limit"], headers["RateLimit-Observed"], headers["RateLimit-Remaining"]) == (
        "2000",
        "2",
        "1998",
    )
    assert int(headers["RateLimit-Reset"]) > 1_000_000_000
    assert "Retry-After" not in headers


def test_a_set_rate_limit_answers_429_in_plain_text_and_lets_go_a_minute_later() -> None:
    seconds = [0.0]
    with GitLab(clock=lambda: seconds[0]) as gitlab:
        gitlab.add_token("ada-token", "ada")
        gitlab.rate_limit.limit = 2
        seconds[0] = 20

        answers = [post(gitlab, "{ currentUser { id } }") for _ in range(3)]
        seconds[0] = 60
        later = post(gitlab, "{ currentUser { id } }")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "40"
    assert answers[2].headers["Content-Type"] == "text/plain"
    assert later.status_code == 200
