"""Reads both services for a preview: the tokens first, since what is wrong with them is quickly told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from cli.planning.decision import decide_in_process
from cli.planning.preview import Preview, names_in, preview
from cli.planning.remarks import unknown_in_map
from contract.settings import Settings
from functions.fetch.window import resolve
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl


def read_preview(
    run_input: Mapping[str, Any],
    settings: Settings,
    toggl: Toggl,
    gitlab: GitLab,
    now: datetime,
    *,
    synced_through: date | None = None,
    apply: str = "",
) -> Preview:
    """What a run with this input would do. Raises InvalidInput and what the two clients raise when reading."""
    run = resolve(run_input, settings, now, synced_through)
    gitlab.username()
    decision = decide_in_process(run, toggl, gitlab, now)
    remarks = unknown_in_map(run.settings, toggl)
    return preview(decision, gitlab.titles(names_in(decision)), remarks=remarks, apply=apply)
