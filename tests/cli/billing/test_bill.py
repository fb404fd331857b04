"""What is free is not charged, what is more is."""

from __future__ import annotations

import pytest

from cli.billing.bill import Item


def test_what_is_free_is_not_charged_and_what_is_more_is() -> None:
    item = Item("Step Functions", "transitions", used=5_000, price=0.000025, free=4_000)

    assert item.beyond_the_free_tier == pytest.approx(0.025)
    assert item.without_a_free_tier == pytest.approx(0.125)
