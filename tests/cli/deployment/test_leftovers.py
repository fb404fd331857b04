"""What is left in an account of one environment."""

from __future__ import annotations

from cli.deployment.deployment import Deployment
from cli.deployment.leftovers import left_over
from contract import names
from tests.cli.deployment.support import add_role
from tests.cli.support import Place


def test_the_roles_of_other_deployments_and_other_regions_are_not_this_ones(
    place: Place, deployment: Deployment
) -> None:
    add_role(place.aws, "of-a-longer-name", names.role_description(f"{place.environment}-2", "us-east-1", "reads"))
    add_role(place.aws, "of-another-region", names.role_description(place.environment, "eu-west-1", "reads"))
    add_role(place.aws, f"{names.stack(place.environment)}-Of-Somebody", "what somebody has named like this")

    assert left_over(deployment) == []


def test_another_environment_is_found_by_its_stack_or_its_machine(place: Place, deployment: Deployment) -> None:
    other = Place(place.aws, f"{place.environment}-eu")
    other.add_machine()
    other.add_topic()

    assert left_over(deployment) == []
    assert {one.kind for one in left_over(Deployment.find(other.environment, None))} == {"state machine", "topic"}
