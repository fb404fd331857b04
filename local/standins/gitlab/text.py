"""What GitLab does with the text of a description: lines that begin with `/` are commands, and `@name` pings people."""

from __future__ import annotations

import re

_CODE_BLOCK = re.compile(r"^```.*?^```[^\S\n]*$", re.MULTILINE | re.DOTALL)
_QUICK_ACTION = re.compile(r"^/([a-z_]+)\b[^\S\n]*(.*)$")
_MENTION = re.compile(r"(?<![\w`])@([A-Za-z0-9_][\w.-]*)")


def split_quick_actions(description: str) -> tuple[str, list[tuple[str, str]]]:
    """The text that stays, and the (name, argument) of each line that begins with `/`, code blocks aside."""
    code_lines = {
        line
        for block in _CODE_BLOCK.finditer(description)
        for line in range(description.count("\n", 0, block.start()), description.count("\n", 0, block.end()) + 1)
    }
    kept, actions = [], []
    for number, line in enumerate(description.split("\n")):
        action = _QUICK_ACTION.match(line.rstrip("\r")) if number not in code_lines else None
        if action is None:
            kept.append(line)
        else:
            actions.append((action[1], action[2].strip()))
    return "\n".join(kept).strip("\n"), actions


def mentions_in(text: str) -> list[str]:
    """The usernames that a text pings, code blocks aside."""
    return _MENTION.findall(_CODE_BLOCK.sub("", text))
