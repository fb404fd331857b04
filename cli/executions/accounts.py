"""The account of a run's hours: where every second is that Toggl tracked, as numbers and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli.terminal.text import hours
from functions.shared.model.row import Account

KEYS = tuple(f"seconds_{name}" for name in Account._fields)
"""How a run's totals call them."""


def total(accounts: Iterable[Account]) -> Account:
    listed = list(accounts)
    return Account(*(sum(getattr(one, name) for one in listed) for name in Account._fields))


def account_in(totals: Mapping[str, int]) -> Account | None:
    """The account in a run's totals; None in those of an earlier version, which kept none."""
    return Account(*(totals[key] for key in KEYS)) if totals.keys() >= set(KEYS) else None


def account_to_json(account: Account) -> dict[str, int]:
    return {key: getattr(account, key.removeprefix("seconds_")) for key in KEYS}


def left_out_by_reason(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """How many entries of an output's rows were left out for each reason, and their tracked seconds."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row["reason"] is not None and row["outcome"] != "failed" and not row["gone"]:
            count, seconds = found.get(row["reason"], (0, 0))
            found[row["reason"]] = (count + 1, seconds + row.get("tracked_seconds", 0))
    return found


def sum_in_words(account: Account) -> str:
    """Tracked = on GitLab + left out + failed - rounding - differing, to the second."""
    rounding = f"{'-' if account.rounding >= 0 else '+'} {hours(abs(account.rounding))} by rounding"
    differing = f"{'-' if account.differing >= 0 else '+'} {hours(abs(account.differing))} that differ"
    parts = [
        f"{hours(account.tracked)} tracked = {hours(account.on_gitlab)} on GitLab",
        f"+ {hours(account.left_out)} left out",
        *([f"+ {hours(account.failed)} refused"] if account.failed else []),
        *([rounding] if account.rounding else []),
        *([differing] if account.differing else []),
    ]
    return " ".join(parts)


def is_all_left_out(account: Account) -> bool:
    return account.tracked == account.left_out > 0


def is_mostly_left_out(account: Account) -> bool:
    """More is left out than is on GitLab, whichever run posted that; the mail and the lists have the same rule."""
    return account.left_out > account.on_gitlab


def what_is_missing(account: Account) -> str:
    """What of the tracked time GitLab does not have as it should, in words; "" for nothing."""
    parts = [
        *([f"{hours(account.left_out)} left out"] if account.left_out else []),
        *([f"{hours(account.failed)} refused"] if account.failed else []),
        *([f"{hours(abs(account.differing))} that differ"] if account.differing else []),
    ]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
