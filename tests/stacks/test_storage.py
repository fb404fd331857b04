"""The secrets, the table and the bucket."""

from __future__ import annotations

import json

from contract import names
from tests.stacks.support import Synthesis


def test_a_deployed_secret_holds_the_placeholder_that_the_code_recognises(default: Synthesis) -> None:
    texts = {one["SecretString"] for one in default.resources("AWS::SecretsManager::Secret").values()}

    assert [json.loads(text) for text in texts] == [{"api_token": names.TOKEN_PLACEHOLDER}]


def test_the_bucket_is_private_encrypted_refuses_plain_http_and_forgets_after_a_month(default: Synthesis) -> None:
    bucket = default.the("AWS::S3::Bucket")
    [statement] = default.the("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    assert bucket["LifecycleConfiguration"]["Rules"] == [
        {
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            "ExpirationInDays": 30,
            "Status": "Enabled",
        }
    ]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_table_costs_only_what_is_used(default: Synthesis) -> None:
    table = default.the("AWS::DynamoDB::Table")

    assert (table["BillingMode"], "ProvisionedThroughput" in table) == ("PAY_PER_REQUEST", False)


def test_nothing_of_a_deployment_stays_when_it_is_destroyed(default: Synthesis) -> None:
    """The versions go with their functions."""
    kept = {one["Type"] for one in default.template["Resources"].values() if one.get("DeletionPolicy") == "Retain"}

    assert kept == set()
