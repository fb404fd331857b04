"""What a URL of this GitLab shows."""

from __future__ import annotations

import base64
import json

import pytest

from functions.transform.urls import Page, page_of

GITLAB = "https://gitlab.example.org"
ITEM = {"iid": "12", "full_path": "acme/shop", "id": 1012}


def _show(item: object, alphabet: bytes = b"+/") -> str:
    return base64.b64encode(json.dumps(item).encode(), alphabet).decode()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/acme/shop/-/issues/12", Page("#", 12, "acme/shop")),
        ("/acme/shop/-/work_items/12?x=1#note_2", Page("#", 12, "acme/shop")),
        ("/acme/shop/-/issues/incident/12", Page("#", 12, "acme/shop")),
        ("/acme/shop/-/merge_requests/45/diffs", Page("!", 45, "acme/shop")),
        ("/groups/acme/-/epics/3", Page("&", 3, "acme")),
        ("/groups/acme/sub/-/work_items/3#note_1", Page("&", 3, "acme/sub")),
        ("/groups/acme/sub/-/issues/3", None),
        ("/groups/acme/-/epics/3a", None),
        ("/groups/acme/-/epics", None),
        (f"/acme/shop/-/issues?show={_show(ITEM)}", Page("#", 12, "acme/shop")),
        (f"/acme/shop/-/boards/5?show={_show(ITEM).rstrip('=')}&x=1", Page("#", 12, "acme/shop")),
        (f"/other/place/-/boards/5?show={_show(ITEM, b'-_')}", Page("#", 12, "acme/shop")),
        (f"/dashboard/issues?show={_show({**ITEM, 'iid': 12})}", Page("#", 12, "acme/shop")),
        (f"/groups/acme/-/issues?show={_show(ITEM)}", Page("#", 12, "acme/shop")),
        (f"/groups/acme/sub/-/work_items?show={_show({**ITEM, 'full_path': 'Acme/sub'})}", Page("&", 12, "Acme/sub")),
        (f"/groups/acme/-/epics?show={_show({**ITEM, 'full_path': 'acme/sub'})}", Page("&", 12, "acme/sub")),
        (f"/groups/acme/-/epic_boards/1?show={_show({**ITEM, 'full_path': 'acme/sub'})}", Page("&", 12, "acme/sub")),
        (f"/acme/shop/-/issues?show={_show({**ITEM, 'full_path': 'acme'})}", Page("&", 12, "acme")),
        (f"/acme/shop/-/issues/13?show={_show(ITEM)}", Page("#", 13, "acme/shop")),
        (f"/acme/shop/-/issues?show={_show({**ITEM, 'iid': '0'})}", None),
        (f"/acme/shop/-/issues?show={_show({**ITEM, 'iid': '12a'})}", None),
        (f"/acme/shop/-/issues?show={_show({**ITEM, 'full_path': '../x'})}", None),
        (f"/acme/shop/-/issues?show={_show({**ITEM, 'full_path': None})}", None),
        (f"/acme/shop/-/issues?show={_show([ITEM])}", None),
        (f"/acme/shop/-/issues?show={_show({'iid': 12})}", None),
        (f"/acme/shop/-/issues?show={base64.b64encode(b'[' * 900).decode()}", None),
        ("/acme/shop/-/issues?show=%%%", None),
        ("/acme/shop/-/issues?show=12", None),
        ("/acme/shop/-/issues?" + "a=1&" * 500, None),
        ("/acme/shop", None),
    ],
)
def test_a_page_shows_the_item_of_its_path_or_of_its_show_parameter(path: str, expected: Page | None) -> None:
    assert page_of(f"{GITLAB}{path}", GITLAB) == expected
    assert page_of(f"gitlab.example.org{path}", GITLAB) == expected
    assert page_of(f"https://elsewhere.example{path}", GITLAB) is None
