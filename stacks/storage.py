"""What is kept between runs: the tokens, and one item that says who works and how far the sync has come."""

from __future__ import annotations

import json

from aws_cdk import Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from contract import names
from contract.settings import Settings
from stacks.rules import acknowledge

KEPT_DAYS = 30
"""How long the files of a large run are kept, like the logs."""


class Storage(Construct):
    """Two secrets, a table, and the bucket for what is too large for the state machine.

    The secrets are deployed with a placeholder, which later deployments leave alone once it was replaced.
    """

    def __init__(self, scope: Construct, construct_id: str, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        environment = settings.environment
        self.toggl_secret = self._secret("TogglToken", names.toggl_secret(environment), "Toggl Track API token")
        self.gitlab_secret = self._secret("GitLabToken", names.gitlab_secret(environment), "GitLab API token")

        self.table = dynamodb.Table(
            self,
            "Lock",
            table_name=names.table(environment),
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.table, "DDB3", "Without its one item, the next run begins again: GitLab is the ledger.")

        self.bucket = s3.Bucket(
            self,
            "Handover",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(KEPT_DAYS), abort_incomplete_multipart_upload_after=Duration.days(1)
                )
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.bucket, "S1", "Only this stack's Lambdas read and write it, and a month later it is empty.")

    def _secret(self, construct_id: str, name: str, description: str) -> secretsmanager.Secret:
        # The placeholder is no secret: it stands in the template on purpose, so that the code can tell it from a token.
        placeholder = SecretValue.unsafe_plain_text(json.dumps({names.TOKEN_KEY: names.TOKEN_PLACEHOLDER}))
        secret = secretsmanager.Secret(
            self,
            construct_id,
            secret_name=name,
            description=description,
            secret_string_value=placeholder,
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(secret, "SMG4", "Toggl and GitLab let no program rotate a personal token; a person does it.")
        return secret
