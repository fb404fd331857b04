"""The CDK as a deployment calls it: what it is given, and what has to be there."""

from __future__ import annotations

import shlex

import pytest

from cli.deployment.cdk import given_in


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("-c days_back=2", {"days_back": "2"}),
        ("--context days_back=2", {"days_back": "2"}),
        ("--context=days_back=2", {"days_back": "2"}),
        ("-c=days_back=2", {"days_back": "2"}),
        ("-c gitlab_url=https://a.example/b=c", {"gitlab_url": "https://a.example/b=c"}),
        ("-c days_back=2 --quiet -c days_back=3", {"days_back": "3"}),
        ("-c schedule='cron(0 9 * * ? *)'", {"schedule": "cron(0 9 * * ? *)"}),
        ("--method direct --parameters days_back=2", {}),
        ("-c nonsense", {}),
        ("--quiet -c", {}),
        ("", {}),
    ],
)
def test_what_the_cdk_is_given_is_found_among_its_arguments(arguments: str, given: dict[str, str]) -> None:
    assert given_in(shlex.split(arguments)) == given
