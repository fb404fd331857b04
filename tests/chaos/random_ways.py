"""How hypothesis plays a state machine of these tests: the same few ways each time, or as many as it is asked to."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "0"))


def play(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """examples: of how many steps each; PROOF_EXAMPLES goes before it, and is drawn anew each time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES or examples,
            stateful_step_count=steps,
            derandomize=not EXAMPLES,
            phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],  # shrinking takes minutes
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
