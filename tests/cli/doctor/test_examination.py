"""One look after the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cli.deployment.deployment import Deployment
from cli.doctor.examination import examine
from cli.doctor.findings import Facts, ok
from tests.cli.support import Place


def test_a_look_that_breaks_is_a_finding_and_the_next_one_is_taken(place: Place) -> None:
    def broken(_facts: Facts) -> Iterator[Any]:
        yield ok("so far")
        raise KeyError("nobody expected this")

    facts = Facts(Deployment.find(place.environment, None), datetime.now(UTC))

    found = list(examine(facts, [("first", broken), ("second", lambda _facts: [ok("fine")])]))

    assert [(one.check, one.level) for one in found] == [("first", "ok"), ("first", "problem"), ("second", "ok")]
    assert "KeyError" in found[1].message
