"""What a run says while a secret holds no token: the commands that set it, with nothing left to look up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from contract import names
from contract.errors import MESSAGE_LIMIT, TokenMissing
from functions.shared import tokens

SECRET = names.gitlab_secret("staging-2")
LONGEST = names.gitlab_secret("e" * 20)


@dataclass
class Secrets:
    """The provider of the secrets: texts by name, and how it was asked for them."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    refusal: str = "ResourceNotFoundException"
    forced: list[bool] = field(default_factory=list)

    def get(self, name: str, *, max_age: int, force_fetch: bool) -> str:
        assert max_age == tokens.CACHE_SECONDS
        self.forced.append(force_fetch)
        if name not in self.texts:
            refusal = ClientError({"Error": {"Code": self.refusal}}, "GetSecretValue")
            raise GetParameterError(str(refusal)) from refusal
        return self.texts[name].pop(0)


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    provider = Secrets()
    monkeypatch.setattr(tokens, "_secrets", lambda: provider)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return provider


def holding(token: object) -> str:
    return json.dumps({names.TOKEN_KEY: token})


def told(secret: str) -> str:
    with pytest.raises(TokenMissing) as raised:
        tokens.read_token(secret)
    return raised.value.message


def test_a_token_is_read_from_its_secret(secrets: Secrets) -> None:
    secrets.texts = {SECRET: [holding(" glpat-1 ")]}

    assert tokens.read_token(SECRET) == "glpat-1"
    assert secrets.forced == [False]


def test_a_token_that_was_set_after_the_placeholder_was_read_is_used_at_once(secrets: Secrets) -> None:
    secrets.texts = {SECRET: [holding(names.TOKEN_PLACEHOLDER), holding("glpat-1")]}

    assert tokens.read_token(SECRET) == "glpat-1"
    assert secrets.forced == [False, True]


@pytest.mark.parametrize("text", [holding(names.TOKEN_PLACEHOLDER), holding(""), holding(7), "{}", "[]", "no JSON"])
def test_what_is_no_token_names_both_commands_that_set_it(secrets: Secrets, text: str) -> None:
    secrets.texts = {SECRET: [text, text]}

    message = told(SECRET)

    assert message.startswith(f"The secret {SECRET} holds no token yet: set it with ./tgs tokens")
    assert "./tgs tokens -e staging-2 --region eu-west-1, or with" in message
    assert (
        f"aws secretsmanager put-secret-value --secret-id {SECRET} --secret-string file://token.json --region eu-west-1"
    ) in message


def test_without_a_known_region_none_is_named(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    secrets.texts = {SECRET: ["{}", "{}"]}

    message = told(SECRET)

    assert "./tgs tokens -e staging-2, or with" in message
    assert "--region" not in message


def test_a_secret_that_is_gone_is_restored_first(secrets: Secrets) -> None:
    message = told(SECRET)

    assert message.startswith(
        f"There is no secret {SECRET}. Run ./tgs deploy -e staging-2 -- --revert-drift, then set it with"
    )
    assert secrets.forced == [False]


def test_a_secret_that_is_scheduled_for_deletion_is_kept_with_its_token(secrets: Secrets) -> None:
    secrets.refusal = "InvalidRequestException"

    assert told(SECRET) == (
        f"The secret {SECRET} is scheduled for deletion. Keep it, with its token:"
        f" aws secretsmanager restore-secret --secret-id {SECRET} --region eu-west-1"
    )


def test_a_secret_that_the_role_may_not_read_is_gone_or_another_one(secrets: Secrets) -> None:
    """A role that may read one ARN gets AccessDenied for a secret that does not exist."""
    secrets.refusal = "AccessDeniedException"

    message = told(SECRET)

    advice = "Run ./tgs deploy -e staging-2 -- --revert-drift, then set it with"
    assert message.startswith(f"There is no secret {SECRET}, or none that this function may read. {advice}")


def test_a_fault_of_secrets_manager_is_no_missing_token(secrets: Secrets) -> None:
    secrets.refusal = "ThrottlingException"

    with pytest.raises(GetParameterError):
        tokens.read_token(SECRET)


def test_the_longest_names_leave_room_for_the_whole_advice(secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-southeast-2")
    gone = told(LONGEST)
    secrets.refusal = "AccessDeniedException"
    forbidden = told(LONGEST)
    secrets.texts = {LONGEST: ["{}", "{}"]}

    for message in (gone, forbidden, told(LONGEST)):
        assert len(message) < MESSAGE_LIMIT
        assert message.endswith(f"(token.json: an object with the key {names.TOKEN_KEY}).")
