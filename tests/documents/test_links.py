"""Every link leads somewhere, and nothing refers to what a reader of the repository does not have."""

from __future__ import annotations

import re
from pathlib import Path

from tests.documents.support import DOCS, DOCUMENTS, README, ROOT, links_in


def test_the_readme_fits_on_three_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_every_document_is_found_from_the_readme() -> None:
    found, new = {README}, {README}
    while new:
        linked = {(one.parent / target.partition("#")[0]).resolve() for one in new for target in links_in(one)}
        new = (linked & set(DOCUMENTS)) - found
        found |= new

    assert found == set(DOCUMENTS)


def test_every_link_leads_to_a_file_and_a_heading_that_are_there() -> None:
    links = [(document, target) for document in DOCUMENTS for target in links_in(document)]

    assert links
    assert [f"{document.name}: {target}" for document, target in links if not leads_somewhere(document, target)] == []


def leads_somewhere(document: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = document.parent / path if path else document
    return there.exists() and (not anchor or anchor in anchors_of(there))


def anchors_of(document: Path) -> set[str]:
    """As GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def texts_of_the_repository() -> dict[str, str]:
    """Every text that people write here, by its file's name."""
    folders = [path for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    folders += [DOCS, ROOT / "tests"]
    suffixes = {".py", ".md", ".sh", ".jsonata", ".graphql", ".yml", ".yaml", ".toml"}
    inside = [path for folder in folders for path in folder.rglob("*")]
    files = [path for path in (*ROOT.iterdir(), *inside) if path.suffix in suffixes or path.name == "Makefile"]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


def test_every_document_that_is_named_anywhere_is_in_the_repository() -> None:
    there = {document.relative_to(ROOT).as_posix() for document in DOCUMENTS}
    there |= {document.name for document in DOCUMENTS}
    named = {
        (file, document)
        for file, text in texts_of_the_repository().items()
        for document in re.findall(r"\b[\w./-]*\w\.md\b", text)
    }

    assert len(named) > 20
    assert {(file, document) for file, document in named if document.lstrip("./") not in there} == set()


def test_nothing_refers_to_the_numbered_parts_of_another_document() -> None:
    pattern = r"\bSPEC\b|\bSTYLE\b|§|\b[Ss]ections? [0-9]|(?:\b|_)the[ _]spec(?:ification)?(?:\b|_)"
    referring = {
        (file, found)
        for file, text in texts_of_the_repository().items()
        for found in re.findall(pattern, text)
        if file != Path(__file__).relative_to(ROOT).as_posix()
    }

    assert referring == set()
