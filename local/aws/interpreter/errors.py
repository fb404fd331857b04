"""How a line of states ends early: a state failed, or everything around it is over."""

# ruff: noqa: SLF001 - a private class of ministack, which `local.aws.patches.version` verifies

from typing import TYPE_CHECKING

from ministack.services import stepfunctions

if TYPE_CHECKING:

    class StateError(Exception):
        """A state failed: what ministack's own code and its integrations raise."""

        error: str
        cause: str

        def __init__(self, error: str, cause: str) -> None: ...

else:
    StateError = stepfunctions._ExecutionError


class Halted(Exception):
    """The execution ended from outside, or a sibling Map iteration failed, while this line of states was running."""
