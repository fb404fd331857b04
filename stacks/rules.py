"""The security rules that each synth is held against (cdk-nag's AwsSolutions), and how an exception is written down."""

from __future__ import annotations

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

_PACK = "AwsSolutions::AwsSolutions"


def enforce(app: App) -> None:
    """Let the synth of an app fail on every finding that is not acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """A finding that is meant to be so, for everything in a construct. rule: as in `IAM5[Resource::*]` or `SMG4`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{_PACK}-{rule}", reason=reason))
