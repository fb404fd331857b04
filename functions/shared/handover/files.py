"""The hand-over through S3: what is too large for the state goes into files of the run's own, as JSON lines.

`fetching.jsonl`: how far an interrupted fetch has come, and its entries so far. `fetched.jsonl`: the entries.
`entries.jsonl`: the rows of the run's output. A plan has a folder of its own, since an attempt that Step Functions has
given up may still write one: `settled.jsonl`: the rows of what needs no write. `writes/<batch>.jsonl`: the writes, at
most 50 a batch. `outcomes/<batch>.json`: how far a batch has come.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

FETCHING = "fetching.jsonl"
FETCHED = "fetched.jsonl"
SETTLED = "settled.jsonl"
ENTRIES = "entries.jsonl"


def writes_of(batch: int) -> str:
    return f"writes/{batch:05}.jsonl"


def outcomes_of(batch: int) -> str:
    return f"outcomes/{batch:05}.json"


@cache
def _s3() -> Any:
    """Made at the first call, when the region is known; a warm Lambda keeps it."""
    return boto3.client("s3", config=Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 4}))


class Handover:
    """One run's files. prefix: what their keys begin with. Every call may raise botocore's errors."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket, self.prefix = bucket, prefix

    @classmethod
    def from_json(cls, value: dict[str, str]) -> Self:
        return cls(value["bucket"], value["prefix"])

    def inside(self, folder: str) -> Self:
        """A folder of the run's files."""
        return type(self)(self.bucket, f"{self.prefix}{folder}/")

    def key(self, name: str) -> str:
        return self.prefix + name

    def write(self, name: str, values: Iterable[Any]) -> str:
        """Write values as JSON lines, one at a time, and return the key."""
        with tempfile.TemporaryFile() as file:
            for value in values:
                file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            file.seek(0)
            _s3().put_object(Bucket=self.bucket, Key=self.key(name), Body=file, ContentType="application/x-ndjson")
        return self.key(name)

    def read(self, name: str) -> Iterator[Any]:
        """The values of JSON lines, one at a time."""
        body = _s3().get_object(Bucket=self.bucket, Key=self.key(name))["Body"]
        for line in body.iter_lines():
            yield json.loads(line)

    def read_if_there(self, name: str) -> list[Any] | None:
        """All values of a file, or None when there is no such file."""
        try:
            return list(self.read(name))
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
