"""GitLab's data without HTTP or GraphQL: what a test arranges, by plain method calls, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from local.standins.gitlab.model import Timelog, User
from local.standins.gitlab.moves import Moves


class World(Moves):
    """People, projects, issues, merge requests and timelogs, and what GitLab made of the text of new issues.

    timelog_role, issue_role: the least role that may log time or create issues (older servers: `reporter`).
    `logged`, settable, is called with each timelog that the API has made.
    """

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime], timelog_role: str, issue_role: str) -> None:
        super().__init__(lock, now)
        self.timelog_role = timelog_role
        self.issue_role = issue_role
        self.logged: Callable[[Timelog], None] = lambda _timelog: None
        self.mentions: list[tuple[str, str]] = []
        self.quick_actions: list[tuple[str, str]] = []

    def rename_user(self, username: str, new_username: str) -> User:
        """Give a user another name. The id and the roles stay; nothing is known of the old name."""
        with self.lock:
            self.revision += 1
            user = self.change_username(username, new_username)
            for project in self.projects:
                if username in project.roles:
                    project.roles[new_username] = project.roles.pop(username)
            return user

    def delete_user(self, username: str) -> None:
        """Delete a user, whose tokens end and whose timelogs and issues become the ghost user's."""
        with self.lock:
            ghost = self.known_user("ghost")
            user = self.remove_user(username)
            self.give_timelogs(user, ghost)
            for issue in self.issues:
                issue.author = ghost if issue.author is user else issue.author
            for project in self.projects:
                project.roles.pop(username, None)
