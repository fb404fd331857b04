"""What in an account belongs to one environment, by its name: `prod` must not take what is `prod-2`'s."""

from __future__ import annotations

from dataclasses import dataclass

from cli.deployment.deployment import Deployment
from contract import names

_STACK = names.stack("")
_MACHINE = names.state_machine("")
_STEMS = tuple(
    f"{folder}{stem}" for folder in ("", "/aws/lambda/", "/aws/vendedlogs/states/") for stem in (_MACHINE, _STACK)
)


@dataclass(frozen=True)
class Owner:
    """One environment among those that have a stack or a state machine."""

    environment: str
    others: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether a resource of this name is this environment's: named after it, and after no longer-named other."""
        rest = next((name[len(stem) :] for stem in _STEMS if name.lower().startswith(stem.lower())), None)
        if rest is None or not _is_named_after(rest, self.environment):
            return False
        longer = [other for other in self.others if len(other) > len(self.environment)]
        return not any(_is_named_after(rest, other) for other in longer)


def owner_of(deployment: Deployment) -> Owner:
    """The deployment's environment, told apart from all others of its account and region. Raises AWS_ERRORS."""
    stacks = deployment.client("cloudformation").get_paginator("describe_stacks").paginate()
    found = {one["StackName"].removeprefix(_STACK) for page in stacks for one in page["Stacks"]}
    found |= set(deployment.environments())
    return Owner(deployment.environment, frozenset(found - {deployment.environment}))


def _is_named_after(rest: str, environment: str) -> bool:
    return rest == environment or rest.startswith(f"{environment}-")
