"""Writes the README's tables that the code knows better: `python -m tools.tables`."""

from __future__ import annotations

import re
from pathlib import Path

from cli.cost import readme_table, transitions_of_the_app
from contract.settings import table
from contract.vocabulary import EntryWarning, Reason, Word

README = Path(__file__).parent.parent / "README.md"


def settings_table() -> str:
    """The table as Markdown."""
    lines = ["| key | environment variable | default | allowed | about |", "|---|---|---|---|---|"]
    for row in table():
        env = f"`{row['env']}`" if row["env"] else ""
        default = f"`{row['default']}`" if row["default"] else "empty"
        lines.append(f"| `{row['key']}` | {env} | {default} | {row['allowed']} | {row['about']} |")
    return "\n".join(lines)


def words_table(title: str, kind: type[Word]) -> str:
    """The words of a run's output as Markdown; what has an underscore in a sentence is a name."""
    lines = [f"| {title} | what it says | what to do |", "|---|---|---|"]
    lines += [f"| `{word}` | {_with_code(word.meaning)} | {_with_code(word.advice)} |" for word in kind]
    return "\n".join(lines)


def _with_code(text: str) -> str:
    return re.sub(r"[a-z]+(?:_[a-z]+)+", lambda name: f"`{name[0]}`", text)


def made_tables() -> dict[str, str]:
    """The tables that need no synthesis, by name."""
    return {
        "settings": settings_table(),
        "reasons": words_table("reason", Reason),
        "warnings": words_table("warning", EntryWarning),
    }


def with_table(text: str, name: str, table: str) -> str:
    """The README's text with a table between the comments of its name."""
    whole = f"<!-- {name} -->\n{table}\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _found: whole, text, flags=re.DOTALL)


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    for name, made in (made_tables() | {"cost": readme_table(transitions_of_the_app())}).items():
        text = with_table(text, name, made)
    README.write_text(text, encoding="utf-8")
