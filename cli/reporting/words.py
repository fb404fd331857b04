"""What a report says in words: the same in the page, in the terminal and in a mail."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from datetime import timedelta

from cli.executions.accounts import more_left_out
from cli.reporting.model import Report, Status
from contract.vocabulary import Outcome
from functions.shared.text import hours

OTHERS = "Not from this sync, so not counted"
"""What stands over the time of other tools and of colleagues."""


def title(report: Report) -> str:
    """The range as people call it, and first of all that more is left out than is on GitLab, where that is so."""
    more = more_left_out(report.total.account)
    return f"Time {_range(report)}{f': {more}' if more else ''}"


def _range(report: Report) -> str:
    """A month by its name, else the days."""
    first, last = report.first, report.last
    if first.day == 1 and last == first.replace(day=monthrange(first.year, first.month)[1]):
        return f"in {first:%B %Y}"
    if first == last:
        return f"on {first:%A}, {first}"
    is_week = first.weekday() == 0 and last == first + timedelta(days=6)
    return f"{f'in week {first:%V},' if is_week else 'from'} {first} to {last}"


def deeds(report: Report) -> str:
    """What a run did, or, of a dry run, would have done, in numbers of entries; "" of a report that is not a run's."""
    if report.run is None:
        return ""
    counts = Counter(line.outcome for line in report.lines)
    listed = ", ".join(f"{counts[outcome]} {word}" for outcome, word in _DEEDS.items() if counts[outcome])
    begin = f"Dry run {report.run}, which wrote nothing, would have" if report.is_dry_run else f"Run {report.run}"
    return f"{begin}: {listed or 'no entries'}."


_DEEDS = {
    Outcome.CREATED: "created",
    Outcome.REPLACED: "corrected",
    Outcome.DELETED: "removed",
    Outcome.KEPT: "kept",
    Outcome.SKIPPED: "left out",
    Outcome.FAILED: "refused",
}


def _totals(report: Report) -> str:
    account = report.total.account
    parts = [f"{hours(account.tracked)} tracked", f"{hours(account.on_gitlab)} on GitLab"]
    if account.left_out:
        parts.append(f"{hours(account.left_out)} left out")
    return ", ".join(parts)


def verdict(report: Report) -> str:
    """Whether anything is missing, or there and should not be."""
    if not report.lines:
        return "Nothing was tracked, and nothing is on GitLab."
    differences = report.total.differences
    if not differences:
        return f"{_totals(report)}. Nothing is missing."
    missing = sum(line.status == Status.MISSING for line in differences)
    refused = sum(line.status == Status.REFUSED for line in differences)
    others = len(differences) - missing - refused
    counts = [
        f"{number} {what}"
        for number, what in ((missing, "missing"), (refused, "refused"), (others, "to check"))
        if number
    ]
    return f"{_totals(report)}. Not complete: {', '.join(counts)}."
