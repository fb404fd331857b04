"""Everything that the doctor looks at, one after the other; a look that fails hides no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cli.deployment.aws import AWS_ERRORS, in_words
from cli.doctor import resources, runs, services
from cli.doctor.findings import Facts, Finding, Look, Unknown
from cli.terminal.text import time_in_words
from contract.errors import SyncError, WaitError

LOOKS: tuple[tuple[str, Look], ...] = (
    ("stack", resources.look_at_stack),
    ("state machine", resources.look_at_state_machine),
    ("settings", resources.look_at_settings),
    ("concurrency", resources.look_at_concurrency),
    ("Toggl secret", resources.look_at_toggl_secret),
    ("GitLab secret", resources.look_at_gitlab_secret),
    ("Toggl token", services.look_at_toggl_token),
    ("Toggl clock", services.look_at_toggl_clock),
    ("Toggl workspace", services.look_at_toggl_workspace),
    ("GitLab token", services.look_at_gitlab_token),
    ("GitLab clock", services.look_at_gitlab_clock),
    ("GitLab version", services.look_at_gitlab_version),
    ("GitLab projects", services.look_at_gitlab_projects),
    ("project map", services.look_at_project_map),
    ("GitLab user", services.look_at_gitlab_user),
    ("schedule", runs.look_at_schedule),
    ("last run", runs.look_at_last_run),
    ("last success", runs.look_at_last_success),
    ("reach", runs.look_at_reach),
    ("pending", runs.look_at_pending),
    ("lock", runs.look_at_lock),
    ("mail", resources.look_at_mail),
    ("alarms", resources.look_at_alarms),
)


def examine(facts: Facts, looks: Iterable[tuple[str, Look]] = LOOKS) -> Iterator[Finding]:
    """What each look finds, as soon as it is found; one that fails is a finding of its own."""
    for check, look in looks:
        try:
            for level, message in look(facts):
                yield Finding(check, level, message)
        except Unknown as missing:
            yield Finding(check, "skipped", f"not looked at: it needs {missing}")
        except WaitError as error:
            why = f"{type(error).__name__}: the service asks to wait {time_in_words(error.wait_seconds)}"
            yield Finding(
                check, "warning", f"{why}. Check again then; a run waits by itself as long as max_wait allows"
            )
        except SyncError as error:
            yield Finding(check, "problem", error.message)
        except AWS_ERRORS as error:
            yield Finding(check, "problem", f"could not be looked at. {in_words(error)}")
        except Exception as error:  # noqa: BLE001 - whatever breaks in one look must not hide the others
            yield Finding(check, "problem", f"this look itself broke ({type(error).__name__}): {error}")
