"""A signal ends a command in order."""

from __future__ import annotations

import signal

import pytest

from cli.terminal.interruption import orderly_end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_once_and_the_next_one_does_not_disturb_the_end(number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with pytest.raises(KeyboardInterrupt), orderly_end():  # noqa: PT012 - the second signal comes while it ends
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(number) is before
