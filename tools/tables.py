"""Writes the tables of `docs/` that the code knows better: `make tables`.

Each stands between two comments with its name, `<!-- settings -->` and `<!-- /settings -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cli.billing.bill import Load, monthly_bill, total, total_without_a_free_tier
from cli.billing.transitions import Transitions, transitions_of_the_app
from contract.settings import table
from contract.vocabulary import EntryWarning, Outcome, Reason, Word

DOCUMENTS = Path(__file__).parent.parent / "docs"
PLACES = {
    "settings": "settings.md",
    "cost": "cost.md",
    "reasons": "matching.md",
    "warnings": "matching.md",
    "outcomes": "running.md",
}
"""The document of each table."""

LOADS = {
    "a run a day, 20 entries each": Load(30, 20),
    "a run a day, 100 entries each": Load(30, 100),
    "a run an hour, 2 entries each": Load(730, 2),
}
"""Whose cost is shown."""


def settings_table() -> str:
    """The settings as Markdown, in the order of the deployment."""
    return _table(
        ("key", "environment variable", "default", "allowed", "about"),
        (
            (
                f"`{row['key']}`",
                f"`{row['env']}`" if row["env"] else "",
                f"`{row['default']}`" if row["default"] else "empty",
                row["allowed"],
                row["about"],
            )
            for row in table()
        ),
    )


def cost_table(transitions: Transitions) -> str:
    """What a month of each load costs, as Markdown."""
    rows = []
    for name, load in LOADS.items():
        bill = monthly_bill(load, transitions)
        moves = load.runs * transitions.of(load.entries, load.new_issues)
        rows.append((name, f"{moves:,}", f"${total(bill):.2f}", f"${total_without_a_free_tier(bill):.2f}"))
    return _table(("a month of", "transitions", "with the free tier", "without it"), rows)


def words_table(heading: str, kind: type[Word]) -> str:
    """The words of a run's output as Markdown; what has an underscore in a sentence is a name."""
    rows = [(f"`{word}`", _with_code(word.meaning), _with_code(word.advice)) for word in kind]
    return _table((heading, "what it says", "what to do"), rows)


def _with_code(text: str) -> str:
    return re.sub(r"[a-z]+(?:_[a-z]+)+", lambda name: f"`{name[0]}`", text)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    rule = f"|{'---|' * len(headings)}"
    return "\n".join([_line(headings), rule, *(_line(cells) for cells in rows)])


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def quick_tables() -> Mapping[str, str]:
    """The tables that need no synthesis, by name."""
    return {
        "settings": settings_table(),
        "reasons": words_table("reason", Reason),
        "warnings": words_table("warning", EntryWarning),
        "outcomes": words_table("outcome", Outcome),
    }


def document_of(name: str) -> Path:
    """The document that has the table of this name."""
    return DOCUMENTS / PLACES[name]


def with_table(text: str, name: str, table: str) -> str:
    """A document's text with `table` between the comments of its name. Raises ValueError when it has no place."""
    whole = f"<!-- {name} -->\n{table}\n<!-- /{name} -->"
    written, places = re.subn(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _found: whole, text, flags=re.DOTALL)
    if places != 1:
        raise ValueError(f"{places} places for the table of {name}: one is needed, between <!-- {name} --> comments")
    return written


def main() -> None:
    for name, written in {**quick_tables(), "cost": cost_table(transitions_of_the_app())}.items():
        document = document_of(name)
        document.write_text(with_table(document.read_text(encoding="utf-8"), name, written), encoding="utf-8")


if __name__ == "__main__":
    main()
