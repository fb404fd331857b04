"""The rows of a large run come from S3."""

from __future__ import annotations

import io
import json
from typing import Any

from botocore.response import StreamingBody

from cli.executions.ended import Ended, Rows
from cli.executions.rows import with_rows


class Files:
    """An S3 client over files of JSON lines."""

    class NoSuchKey(Exception):
        """What boto3 raises for a file that is not there."""

    def __init__(self, **kept: list[dict[str, Any]]) -> None:
        self.kept = {f"runs/a/{name}.jsonl": values for name, values in kept.items()}
        self.exceptions = self

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "handover"
        if Key not in self.kept:
            raise self.NoSuchKey
        text = "".join(f"{json.dumps(value)}\n" for value in self.kept[Key]).encode()
        return {"Body": StreamingBody(io.BytesIO(text), len(text))}


LARGE = Ended(
    "SUCCEEDED", output={"entries": "runs/a/entries.jsonl"}, rows=Rows("runs/a/entries.jsonl", "handover", "x")
)


def test_a_large_runs_rows_and_descriptions_are_read_from_s3() -> None:
    fetched = [{"id": 1, "description": "#12 Navigation"}, {"id": 2, "description": ""}]
    files = Files(entries=[{"entry_id": 1}, {"entry_id": 2}], fetched=fetched)

    ended = with_rows(LARGE, files)

    assert ended.output == {"entries": [{"entry_id": 1}, {"entry_id": 2}]}
    assert ended.descriptions == {1: "#12 Navigation", 2: "(no description)"}
    assert ended.rows is None


def test_entries_that_were_not_handed_over_have_their_descriptions_already() -> None:
    files = Files(entries=[{"entry_id": 1}])

    assert with_rows(LARGE, files).output == {"entries": [{"entry_id": 1}]}


def test_a_run_that_is_not_large_is_shown_as_it_is() -> None:
    ended = Ended("SUCCEEDED", output={"entries": []})

    assert with_rows(ended, Files()) is ended
