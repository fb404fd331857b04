"""Writes the README's table of settings from the settings themselves: `python -m local.readme`."""

from __future__ import annotations

import re
from pathlib import Path

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


def with_settings(text: str) -> str:
    """The README's text with the table in its place."""
    whole = f"<!-- settings -->\n{settings_table()}\n<!-- /settings -->"
    return re.sub(r"<!-- settings -->\n.*?<!-- /settings -->", lambda _found: whole, text, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(with_settings(README.read_text(encoding="utf-8")), encoding="utf-8")
