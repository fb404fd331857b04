"""Explanations as data: how a description is matched, what becomes of an entry, what a run of a day would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cli.planning.next_run import Morning, NextRun
from contract.errors import TooManyRemovals
from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.instants import format_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.place import NewIssue, Titled
from functions.shared.model.plan import Delete, Item, Replace
from functions.shared.model.timelog import Timelog
from functions.transform.filters import Filter
from functions.transform.matching import Choice, Match, Pick, Placed

Answered = Literal[
    "found", "moved", "not_found", "project_not_found", "several_titles", "created_before", "to_create", "other_title"
]


@dataclass(frozen=True)
class Answer:
    """What GitLab says to what a description names. asked: its name, or None when it was asked for a title."""

    answered: Answered
    asked: str | None
    project: str
    title: str | None = None
    same_title: tuple[Titled, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "answer": self.answered,
            "asked": self.asked,
            "project": self.project,
            "title": self.title,
            "same_title": [
                {"issue": one.target.name, "title": one.title, "open": one.is_open} for one in self.same_title
            ],
        }


@dataclass(frozen=True)
class Explanation:
    """How one description is matched. match: what it comes to, or None when nothing was looked up."""

    entry: TimeEntry
    choice: Choice
    match: Match | None
    answer: Answer | None
    labels: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        if self.match is not None:
            return self.match.reason
        return self.choice.picked if isinstance(self.choice.picked, Reason) else None

    def counts(self, placed: Placed) -> bool:
        """Whether a reference is the one that the rule chose, or names the same."""
        if self.choice.rule == "leading":
            return placed is self.choice.placed[0]
        return self.choice.rule == "only"

    def to_json(self) -> dict[str, Any]:
        target = self.match.target if self.match is not None else None
        new_issue = target if isinstance(target, NewIssue) else None
        return {
            "description": self.entry.description,
            "toggl_project": self.entry.project_name,
            "references": [self._reference_to_json(placed) for placed in self.choice.placed],
            "source": self.choice.source,
            "rule": self.choice.rule,
            "looked_up": self.match is not None,
            "gitlab": None if self.answer is None else self.answer.to_json(),
            "reason": self.reason,
            "issue": None if self.match is None else self.match.issue,
            "new_issue": None
            if new_issue is None
            else {"project": new_issue.project_path, "title": new_issue.title, "labels": list(self.labels)},
        }

    def _reference_to_json(self, placed: Placed) -> dict[str, Any]:
        is_placed = isinstance(placed.picked, Pick)
        return {
            "text": placed.reference.text,
            "form": placed.reference.form,
            "sign": placed.reference.sign,
            "number": placed.reference.iid,
            "project": placed.picked.path if isinstance(placed.picked, Pick) else None,
            "origin": placed.origin,
            "reason": None if is_placed else placed.picked,
            "counts": self.counts(placed),
        }


@dataclass(frozen=True)
class EntryExplanation:
    """What becomes of one entry, and why.

    entry: None when it did not come from Toggl. timelogs: what GitLab has of it. morning: the next run of a deployment,
    None where there is none.
    """

    entry: TimeEntry | None
    filtered_by: Filter | None
    matching: Explanation | None
    item: Item
    timelogs: tuple[Timelog, ...]
    morning: Morning | None = None

    @property
    def next_run(self) -> NextRun | None:
        return None if self.morning is None or self.entry is None else self.morning.about(self.entry)

    @property
    def logged_seconds(self) -> int | None:
        """What rounding makes of the entry, or None when it did not come to that."""
        if self.matching is None or self.matching.reason is not None:
            return None
        return self.item.row.seconds

    def to_json(self, settings: Settings) -> dict[str, Any]:
        return {
            "entry": None if self.entry is None else self.entry.to_json(),
            "filter": None if self.filtered_by is None else self.filtered_by.reason,
            "matching": None if self.matching is None else self.matching.to_json(),
            "rounding": None
            if self.entry is None or self.logged_seconds is None
            else {
                "raw_seconds": self.entry.seconds,
                "unit_minutes": settings.round_time_to_minutes,
                "mode": settings.rounding_mode,
                "seconds": self.logged_seconds,
            },
            "timelogs": [
                {
                    "id": timelog.gid,
                    "issue": None if timelog.target is None else timelog.target.name,
                    "seconds": timelog.seconds,
                    "spent_at": format_instant(timelog.spent_at),
                }
                for timelog in self.timelogs
            ],
            "action": type(self.item).__name__.lower(),
            "duplicates_removed": self.item.duplicates_removed if isinstance(self.item, Delete | Replace) else 0,
            "row": self.item.row.to_output(),
            "next_run": self.next_run,
        }


@dataclass(frozen=True)
class DaysExplanation:
    """What a run of some days would do. error: with what it would end before doing anything."""

    window: Window
    settings: Settings
    username: str
    default_path: str | None
    entries: tuple[EntryExplanation, ...]
    error: TooManyRemovals | None

    def to_json(self) -> dict[str, Any]:
        return {
            "window": self.window.to_json(),
            "username": self.username,
            "default_project": self.default_path,
            "error": None if self.error is None else {"name": type(self.error).__name__, "message": self.error.message},
            "entries": [entry.to_json(self.settings) for entry in self.entries],
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row an entry: that of the run's output, the description, and the filter's reason."""
        for one in self.entries:
            yield one.item.row.to_output() | {
                "description": None if one.entry is None else one.entry.description,
                "filter": None if one.filtered_by is None else one.filtered_by.reason,
                "next_run": one.next_run,
            }
