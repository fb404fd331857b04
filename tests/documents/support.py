"""The documents, and the code in them: each line of a block, each `inline` code, and the commands that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
DOCUMENTS = (*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md")))


@dataclass(frozen=True)
class Command:
    """A command line. name: `tgs start`, `deploy.sh`, `make demo`, `cdk deploy` or `aws lambda invoke`."""

    name: str
    words: tuple[str, ...] = ()

    @property
    def options(self) -> set[str]:
        return {word.split("=")[0] for word in self.words if re.match(r"--?[a-z]", word)}


@dataclass(frozen=True)
class Section:
    """What stands under one heading. code: each line of its code, each `inline` code."""

    place: str
    code: tuple[str, ...]

    @property
    def commands(self) -> list[Command]:
        return [command for line in self.code for command in commands_in(line)]

    @property
    def loose_options(self) -> set[str]:
        """Options that are named without their command, alone or as a target's `ARGS`."""
        loose = [line for line in self.code if line.startswith(("-", "ARGS="))]
        return {option for line in loose for option in re.findall(r"--[a-z][a-z-]*", line)}


def sections() -> Iterator[Section]:
    for document in DOCUMENTS:
        for part in re.split(r"^## ", document.read_text(encoding="utf-8"), flags=re.MULTILINE):
            yield Section(f"{document.name}: {part.splitlines()[0]}", tuple(code_in(part)))


def code_in(text: str) -> Iterator[str]:
    fence, indented = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL), r"(?:^ {4}.*\n?)+"
    blocks = [found[1] for found in fence.finditer(text)]
    prose = fence.sub("", text)
    blocks += re.findall(indented, prose, re.MULTILINE)
    for block in blocks:
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield re.sub(r"\s{2,}# .*", "", line).strip()
    for inline in re.findall(r"`([^`]+)`", re.sub(indented, "", prose, flags=re.MULTILINE)):
        yield " ".join(inline.split())


def commands_in(line: str) -> Iterator[Command]:
    """The commands of one line of code; of `./deploy.sh ... -- ...` two, since the second part is the CDK's."""
    for part in re.split(r" && | \| | > ", line):
        if found := re.search(r"\./tgs\b(?: ([a-z]+))?(.*)", part):
            own, _, handed_on = found[2].partition(" -- ")
            yield Command(f"tgs {found[1] or ''}".strip(), words_of(own))
            if handed_on:
                yield Command("cdk deploy", words_of(handed_on))
        elif found := re.search(r"\./((?:deploy|destroy)\.sh)(.*)", part):
            own, _, handed_on = found[2].partition(" -- ")
            yield Command(found[1], words_of(own))
            if handed_on:
                yield Command("cdk deploy", words_of(handed_on))
        elif (found := re.match(r"-- (--.*)", part)) or (found := re.match(r"(?:npx )?cdk deploy(.*)", part)):
            yield Command("cdk deploy", words_of(found[1]))
        elif found := re.match(r"make ([a-z]+)(?: ARGS=(.*))?", part):
            yield Command(f"make {found[1]}", tuple(shlex.split(" ".join(shlex.split(found[2] or "")))))
        elif found := re.search(r"\baws ([a-z]+ [a-z-]+)(.*)", part):
            yield Command(f"aws {found[1]}", words_of(found[2]))


def words_of(text: str) -> tuple[str, ...]:
    return tuple(shlex.split(text))


def commands(prefix: str) -> list[Command]:
    found = [command for section in sections() for command in section.commands if command.name.startswith(prefix)]
    assert found
    return found


def targets() -> dict[str, str]:
    """Each target of the Makefile with its recipe."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z]+):.*\n((?:\t.*\n)*)", text, re.MULTILINE))


def every_line() -> list[str]:
    return [line for section in sections() for line in section.code]


def links_in(document: Path) -> list[str]:
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    return [target for target in targets if not target.startswith("https://")]
