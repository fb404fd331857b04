"""URLs of this GitLab: which issue, merge request or epic a page shows."""

from __future__ import annotations

import base64
import json
import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

_ENDS = "\\s<>\"'`|\\\\\u3000-\u3002\u3008-\u3011\uff08\uff09\uff0c"
"""What ends a URL: white space, what encloses one, and the punctuation of Chinese and Japanese."""

_REST = rf"(?:(?![,;]https?://)[^{_ENDS}])"
URL = rf"[A-Za-z][A-Za-z0-9+.\-]{{0,15}}+://{_REST}+"
"""Any URL: one of another server is none of ours, nor is any text in it."""

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}"
_NUMBER = r"[1-9][0-9]{0,9}"
_ITEM_PAGE = (
    rf"/(?!groups/)(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{1,19}})/(?:-/)?(?P<kind>issues|work_items|merge_requests)/"
    rf"(?:incident/)?(?P<iid>{_NUMBER})(?=$|[^\w\-])"
)
_GROUP_PAGE = rf"/groups/(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{0,19}})/(?:-/)?(?P<page>\w+)(?:/(?P<rest>.*))?"
_GROUP_ITEM_PAGES = {"epics", "work_items"}
_EPIC_PAGES = {"epics", "epic_boards"}
_PROJECT_PATH = rf"{_SEGMENT}(?:/{_SEGMENT}){{0,19}}"
_SHOWN_CHARACTERS = 2_000
_PARAMETERS = 200


class Page(NamedTuple):
    """What a page of this GitLab shows. sign: `#`, `!`, or `&` for what belongs to the group at `path`."""

    sign: str
    iid: int
    path: str


def own_host(gitlab_url: str) -> str:
    """The expression for a URL of this GitLab whose scheme is not there."""
    host = re.escape(urlsplit(gitlab_url).hostname or "")
    return rf"(?<![\w@./?=&%\-])(?://)?(?i:{host})(?=[:/]){_REST}+"


def page_of(url: str, gitlab_url: str) -> Page | None:
    """What a URL shows, with or without its scheme; None when it is another server's, or no item's.

    An item's own page shows that item; a list or a board the one in its `show` parameter: GitLab opens it beside them.
    """
    try:
        here = urlsplit(gitlab_url)
        there = urlsplit(url if re.match(r"[A-Za-z0-9+.\-]+://", url) else f"{here.scheme}://{url.lstrip('/')}")
        same_host = _host(there.scheme, there.hostname, there.port) == _host(here.scheme, here.hostname, here.port)
    except ValueError:  # no URL after all, like https://[::1
        return None
    if there.scheme.lower() not in {"http", "https"} or not same_host or there.username is not None:
        return None
    root = here.path.rstrip("/")
    if not there.path.lower().startswith(f"{root.lower()}/"):
        return None
    path = there.path[len(root) :]
    item = re.match(_ITEM_PAGE, path)
    if item:
        return Page("!" if item["kind"] == "merge_requests" else "#", int(item["iid"]), item["path"])
    group = re.match(_GROUP_PAGE, path)
    number = re.match(rf"{_NUMBER}(?![\w\-])", group["rest"] or "") if group else None
    if group and number and group["page"] in _GROUP_ITEM_PAGES:
        return Page("&", int(number[0]), group["path"])
    return _shown(there, group)


def _host(scheme: str, host: str | None, port: int | None) -> tuple[str, int | None]:
    """Host and port; a server's http and https pages count as the same when both use their usual port."""
    usual = {"http": 80, "https": 443}.get(scheme.lower())
    return (host or "").lower(), None if port == usual else port


def _shown(there: SplitResult, group: re.Match[str] | None) -> Page | None:
    """The item in a page's `show` parameter, which is JSON in base64: its `iid`, and its `full_path`."""
    try:
        # What follows the last parameter in a sentence is no base64.
        given = parse_qs(there.query, max_num_fields=_PARAMETERS).get("show", [""])[0].replace(" ", "+")
        encoded = re.match(r"[A-Za-z0-9+/_\-]*", given[:_SHOWN_CHARACTERS])
        item = json.loads(base64.urlsafe_b64decode(_padded(encoded[0] if encoded else "")))
        iid, path = str(item["iid"]), item["full_path"]
    except (KeyError, RecursionError, TypeError, ValueError):
        return None
    if not re.fullmatch(_NUMBER, iid) or not isinstance(path, str) or not re.fullmatch(_PROJECT_PATH, path):
        return None
    in_group = group is not None and (group["page"] in _EPIC_PAGES or group["path"].lower() == path.lower())
    return Page("&" if in_group or "/" not in path else "#", int(iid), path)


def _padded(encoded: str) -> str:
    """Base64 as Python takes it: in the alphabet of URLs, with the padding that may have been left out."""
    plain = encoded.translate(str.maketrans("+/", "-_"))
    return plain + "=" * (-len(plain) % 4)
