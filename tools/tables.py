"""Writes the README's tables that the code knows better, of the settings and of the cost: `python -m tools.tables`."""

from __future__ import annotations

import re
from pathlib import Path

from cli.cost import readme_table, transitions_of_the_app
from contract.settings import table

README = Path(__file__).parent.parent / "README.md"


def settings_table() -> str:
    """The table as Markdown."""
    lines = ["| key | environment variable | default | allowed | about |", "|---|---|---|---|---|"]
    for row in table():
        env = f"`{row['env']}`" if row["env"] else ""
        default = f"`{row['default']}`" if row["default"] else "empty"
        lines.append(f"| `{row['key']}` | {env} | {default} | {row['allowed']} | {row['about']} |")
    return "\n".join(lines)


def with_table(text: str, name: str, table: str) -> str:
    """The README's text with a table between the comments of its name."""
    whole = f"<!-- {name} -->\n{table}\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _found: whole, text, flags=re.DOTALL)


if __name__ == "__main__":
    written = with_table(README.read_text(encoding="utf-8"), "settings", settings_table())
    README.write_text(with_table(written, "cost", readme_table(transitions_of_the_app())), encoding="utf-8")
