"""The words of a run's output: outcomes, reasons and warnings, each with what it says to people and what to do.

A member is its word (`Reason.TOO_SHORT == "too_short"`), so it stands in the output as it is. The documents, the
explanations and the output take it from here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """meaning: what it says of an entry, as the end of a sentence. advice: what to do about it, "" for nothing."""

    meaning: str
    advice: str

    def __new__(cls, word: str, meaning: str = "", advice: str = "") -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        member.advice = advice
        return member


class Outcome(Word):
    """What became of an entry."""

    CREATED = "created", "its time was logged"
    REPLACED = "replaced", "it was changed in Toggl: its new time was logged, the old timelog deleted"
    DELETED = "deleted", "its timelog was deleted"
    KEPT = "kept", "GitLab has its time already"
    SKIPPED = "skipped", "it was left out, for a reason"
    FAILED = "failed", "its time could not be logged", "look at the reason, fix it, and start a new run"


class Reason(Word):
    """Why an entry is left out, or failed before GitLab was asked to log its time (`project_not_visible`).

    One that failed later has an error's name or GitLab's own words instead.
    """

    RUNNING = "running", "its timer is still running", "stop the timer: the next run takes the entry"
    OTHER_WORKSPACE = (
        "other_workspace",
        "it belongs to another workspace than the one in toggl_workspace_id",
        "move it to that workspace, or change the setting",
    )
    NOT_BILLABLE = "not_billable", "only_billable is on, and it is not billable", "make it billable"
    WEEKEND = "weekend", "exclude_weekends is on, and it started on a Saturday or Sunday"
    TOO_SHORT = "too_short", "it is shorter than minimum_duration, or has no time at all"
    TOO_LONG = (
        "too_long",
        "it is longer than maximum_duration, like a forgotten timer",
        "correct its times in Toggl, or raise the setting",
    )
    TOO_LATE = (
        "too_late",
        "its day was longer ago than catch_up_days when it was added or changed",
        "start a run by hand with the start_date and end_date of its day",
    )
    PROJECT_LEFT_OUT = "project_left_out", "project_map has null for its Toggl project"
    NO_ISSUE = (
        "no_issue",
        "neither the description, the task nor a tag names an issue, and no issue has the description as its title",
        "put the issue's number into the description",
    )
    AMBIGUOUS_TITLE = (
        "ambiguous_title",
        "several issues have the description as their title",
        "put the number of one into the description",
    )
    SKIP_TERM = "skip_term", "auto_create_issues is on, and the description is one of skip_terms"
    ISSUE_NOT_FOUND = (
        "issue_not_found",
        "the issue or merge request that it names does not exist, or your token does not see it",
        "correct the number, or give the token's user access",
    )
    PROJECT_NOT_FOUND = (
        "project_not_found",
        "the project that it names does not exist, or your token does not see it",
        "correct the path, or make the token's user a member",
    )
    PROJECT_NOT_VISIBLE = (
        "project_not_visible",
        "your token does not see the project, which gitlab_project_id or project_map names",
        "correct the setting, or make the token's user a member: runs fail until then",
    )
    GROUP_ITEM = (
        "group_item",
        "it names an epic or another item of a group, on which time cannot be logged here",
        "put the number of an issue into the description",
    )
    AMBIGUOUS_REFERENCE = (
        "ambiguous_reference",
        "it names several issues, and none stands alone at the beginning",
        "put the one that counts at the very beginning, and join no other to it",
    )
    ROUNDS_TO_ZERO = "rounds_to_zero", "rounding_mode is down, and less than one unit was tracked"


class EntryWarning(Word):
    """What is odd about an entry, whatever became of it."""

    DURATION_MISMATCH = (
        "duration_mismatch",
        "Toggl's duration is not the time between start and stop, which is what counts",
        "correct the entry's times in Toggl",
    )
    DIFFERS = (
        "differs",
        "it was changed after it was posted, and sync_edits is off",
        "correct the timelog in GitLab, or turn sync_edits on",
    )
    POSTED_BUT_FILTERED = (
        "posted_but_filtered",
        "it is posted, but would be left out now; the timelog stays",
        "delete the timelog in GitLab if it should not be there",
    )
    SHARED_PROJECT_NAME = (
        "shared_project_name",
        "project_map found its project by a name that another Toggl project has too",
        "put the Toggl projects' ids into project_map",
    )
    MOVE_IN_PROGRESS = (
        "move_in_progress",
        "its issue was moved within the last day, and GitLab may still be copying the time; the next run looks again",
    )
    NOT_IN_TOGGL = (
        "not_in_toggl",
        "it is on GitLab, but Toggl did not return it, nor say that it was deleted",
        "look for it in Toggl: its start or its workspace may have been changed",
    )
    DOUBLE_STAYS = (
        "double_stays",
        "its issue was moved, and the time on the old issue cannot be deleted: it counts twice in GitLab",
        "let a maintainer delete the timelog on the old issue, after unarchiving its project",
    )
    STILL_REFUSED = (
        "still_refused",
        "GitLab refuses it again, for the reason that an earlier run reported",
        "look at the reason and fix it; each morning's run tries again",
    )


def meaning_and_advice(word: str) -> tuple[str, str]:
    """What a reason or a warning says, and what to do; ("", "") for a failure's own words."""
    known = next((words(word) for words in (Reason, EntryWarning) if word in set(words)), None)
    return ("", "") if known is None else (known.meaning, known.advice)
