"""The account of a run's hours: where every second is that Toggl tracked, as numbers and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli.terminal.text import counted, signed
from functions.shared.model.row import Account
from functions.shared.text import hours

PARTS = {
    "tracked": "tracked",
    "on_gitlab": "on GitLab",
    "left_out": "left out",
    "failed": "refused",
    "rounding": "rounding",
    "differing": "differing",
}
"""What the parts of an account are called in front of a person."""

_DIFFERENCES = ("rounding", "differing")

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


def part_in_words(account: Account, part: str) -> str:
    """One of the `PARTS` of an account; with its sign, where it is a difference."""
    seconds: int = getattr(account, part)
    return signed(seconds) if part in _DIFFERENCES else hours(seconds)


def sum_in_words(account: Account) -> str:
    """Tracked + rounding + differing = on GitLab + left out + refused, to the second."""
    differences = "".join(
        f" {'+' if seconds > 0 else '-'} {hours(abs(seconds))} {PARTS[part]}"
        for part in _DIFFERENCES
        if (seconds := getattr(account, part))
    )
    refused = f" + {hours(account.failed)} refused" if account.failed else ""
    there = f"{hours(account.on_gitlab)} on GitLab + {hours(account.left_out)} left out"
    return f"{hours(account.tracked)} tracked{differences} = {there}{refused}"


def out_of_reach(first: str, last: str) -> str:
    """What a run no longer catches up, and what to do. first, last: days."""
    return f"{first} to {last} are longer ago than catch_up_days. To sync them, start a run for {first}..{last}."


def more_left_out(account: Account) -> str:
    """That more is left out than is on GitLab, whichever run posted that, as the end of a sentence; "" where it is not.

    The mail and the lists have the same rule.
    """
    if account.left_out <= account.on_gitlab:
        return ""
    if account.tracked == account.left_out:
        return f"all of it is left out ({hours(account.left_out)})"
    return f"more is left out ({hours(account.left_out)}) than is on GitLab ({hours(account.on_gitlab)})"


def nothing_to_write(account: Account, entries: int, left_out: int) -> tuple[str, bool]:
    """How it stands where nothing is to be written, as the end of a sentence, and whether GitLab has most of it.

    entries: how many Toggl has. left_out: how many of them are left out.
    """
    if not entries:
        return "Toggl has no entries there", True
    others = [
        *([f"{hours(account.failed)} refused"] if account.failed else []),
        *([f"{hours(abs(account.differing))} differing"] if account.differing else []),
    ]
    is_good = account.left_out + account.failed <= account.on_gitlab
    if more := more_left_out(account):
        return ", ".join([more, *others]), False
    if account.left_out or others:
        left = [f"{hours(account.left_out)} left out"] if account.left_out else []
        return ", ".join([f"{hours(account.on_gitlab)} on GitLab", *left, *others]), is_good
    if left_out == entries:  # timers that still run have no time yet
        return "all of it is left out", False
    return f"GitLab has all but {counted(left_out, 'entry')} left out" if left_out else "GitLab has it all", True
