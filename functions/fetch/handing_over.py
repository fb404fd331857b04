"""How the entries travel on, in the state or beside it in S3, and what an interrupted reading leaves there."""

from __future__ import annotations

from typing import Any

from functions.fetch.entries import Kept
from functions.shared.handover.files import FETCHED, FETCHING, Handover
from functions.shared.handover.size import inline, refuse_too_many_entries
from functions.shared.model.fetched import Fetched


def answer(fetched: Fetched, handover: Handover) -> dict[str, Any]:
    """What FetchEntries answers, see `functions.fetch.handler`.

    Raises InvalidInput for more entries than a run takes.
    """
    count = len(fetched.entries)
    # With what was seen and what is pending.
    answered = inline(count, fetched.to_json)
    if answered is not None:
        return answered | {"handed_over": False}
    refuse_too_many_entries(count)
    handover.write(FETCHED, (entry.to_json() for entry in fetched.entries))
    return fetched._replace(entries=()).to_json() | {"handed_over": True}


def kept_in(handover: Handover, *, again: bool) -> Kept:
    """What an interrupted reading leaves. again: whether this reading has called before; a run may read twice."""

    def save(values: list[dict[str, Any]]) -> None:
        handover.write(FETCHING, values)

    if not again:
        return Kept(begin=lambda: save([]), save=save)
    return Kept(load=lambda: handover.read_if_there(FETCHING) or None, save=save)
