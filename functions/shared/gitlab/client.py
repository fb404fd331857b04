"""The GitLab client."""

from __future__ import annotations

from functions.shared.gitlab.account import Account
from functions.shared.gitlab.closed_titles import ClosedTitles
from functions.shared.gitlab.ledger import Ledger
from functions.shared.gitlab.titles import Titles


class GitLab(Account, ClosedTitles, Ledger, Titles):
    """Reads what a plan needs, and writes issues and timelogs; the errors are those of `Transport`."""
