"""Reads both services for a preview: the tokens first, since what is wrong with them is quickly told."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from cli.planning.decision import decide_about
from cli.planning.preview import Preview, names_in, preview
from cli.planning.remarks import remarks_on_map, remarks_on_quota
from contract.settings import Settings
from contract.state import SyncState
from functions.fetch.fetching import fetch
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
    state: SyncState | None = None,
    apply: str = "",
) -> Preview:
    """What a run with this input would do. state: what the runs before it have left, if that is known.

    Raises InvalidInput, GitLabUserChanged and what the two clients raise when reading.
    """
    run = resolve(run_input, settings, now, state)
    gitlab.username()
    fetched = fetch(toggl, run, now, state)
    with ThreadPoolExecutor(1) as pool:
        # Toggl is asked no faster than once a second; GitLab can be read meanwhile.
        remarks = pool.submit(remarks_on_map, run.settings, toggl)
        decision = decide_about(fetched, gitlab, state)
        titles = gitlab.titles(names_in(decision))
    return preview(
        decision, titles, remarks=[*remarks.result(), *remarks_on_quota(fetched.toggl_quota_left)], apply=apply
    )
