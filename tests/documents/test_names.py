"""Every name in the documents is one of the code."""

from __future__ import annotations

import re

from contract import names
from contract.settings import VARIABLES
from tests.documents.support import DOCS, DOCUMENTS, ROOT, every_line

OF_AWS = {"ERROR_CODE", "ERROR_MESSAGE", "AttributeKey", "AttributeValue", "EventName", "ExecutionsFailed", "QueueUrl"}
"""Names that only the documents use."""
OF_THE_CDK = "Cloud assembly schema version mismatch"


def text_of_the_code() -> str:
    rooms = ("contract", "functions", "stacks", "cli", "local", "tools")
    files = [path for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".jsonata", ".sh"}]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def is_put_together(name: str, code: str) -> bool:
    """Whether the code makes a name of parts, as in `f"Settle{name}"`."""
    patterns = [re.sub(r"\{\w+\}", r"\\w+", made) for made in re.findall(r'f"([A-Z][a-z]\w*\{\w+\}\w*)"', code)]
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def test_every_setting_reason_key_and_variable_that_is_named_is_in_the_code() -> None:
    named = {line for line in every_line() if re.fullmatch(r"[a-z]+(?:_[a-z]+)+|[A-Z]+(?:_[A-Z]+)+", line)}

    assert len(named) > 30
    assert named - set(re.findall(r"\w+", text_of_the_code())) - set(VARIABLES) - OF_AWS == set()


def test_every_state_error_and_type_that_is_named_is_in_the_code() -> None:
    code = text_of_the_code()
    texts = [document.read_text(encoding="utf-8") for document in DOCUMENTS]
    named = {word for text in texts for word in re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]*)+\b", text)}

    assert len(named) > 50
    unknown = named - set(re.findall(r"\w+", code)) - OF_AWS
    assert {name for name in unknown if not is_put_together(name, code)} == set()


def test_every_message_that_is_quoted_is_one_of_the_code() -> None:
    """The CDK's own aside. A message in the code may go on in its next line, and hold values."""
    quoted = re.findall(r"\*([A-Z.][^*]+)\*", (DOCS / "troubleshooting.md").read_text(encoding="utf-8"))
    parts = {part.strip(" ,:") for message in quoted for part in message.split("...")} - {"", "Unknown", OF_THE_CDK}
    code = text_of_the_code() + (ROOT / "Makefile").read_text(encoding="utf-8")
    in_one_line = re.sub(r'"\s*f?"', "", code)

    assert OF_THE_CDK in quoted
    assert len(parts) > 8
    assert {part for part in parts if part not in in_one_line} == set()


def test_every_resource_that_is_named_has_the_name_that_it_is_deployed_with() -> None:
    stem = rf"(?:/[a-z]+)*/?{names.PRODUCT}[-/](?:prod|staging)"
    named = set(re.findall(rf"{stem}(?:[a-z/-]*[a-z])?", "\n".join(every_line())))
    deployed = {
        name
        for environment in ("prod", "staging")
        for name in (
            names.state_machine(environment),
            names.toggl_secret(environment),
            names.gitlab_secret(environment),
            names.state_machine_log_group(environment),
            *(names.function(environment, role) for role in names.ROLES),
            *(names.function_log_group(environment, role) for role in names.ROLES),
        )
    }

    assert len(named) > 6
    assert named - deployed == set()


def test_every_file_that_is_named_is_there() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    named = {
        line for line in every_line() if re.fullmatch(r"[a-z]+/[A-Za-z_./-]*", line) and line.split("/")[0] in folders
    }

    assert len(named) > 10
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_file_that_is_named_without_its_folder_is_in_one() -> None:
    named = {line for line in every_line() if re.fullmatch(r"[a-z_]+\.(?:py|jsonata)", line)}
    rooms = [path for path in ROOT.iterdir() if (path / "__init__.py").exists()]

    assert len(named) > 10
    assert named - {path.name for room in rooms for path in room.rglob("*")} == set()
