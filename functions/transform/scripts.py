"""How scripts separate words: what stands beside a reference in a text, and whether it hides it."""

from __future__ import annotations

import re
import unicodedata

# Blocks of the scripts that are written without spaces between words, and of Hangul, whose particles follow directly.
_BLOCKS = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u109f"  # Tibetan, Burmese
    "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"  # Hangul
    "\u1780-\u17ff"  # Khmer
    "\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"  # Tai, Shan
    "\u1b00-\u1b7f\ua980-\ua9df"  # Balinese, Javanese
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001aff0-\U0001b16f"  # Kana
    "\u3100-\u312f\u31a0-\u31bf"  # Bopomofo
    "\ua000-\ua4cf"  # Yi
)
_UNSPACED = f"[{_BLOCKS}]"
_FULL_WIDTH_HASH = "\N{FULLWIDTH NUMBER SIGN}"
_NO_WORD = "\ue000"
"""Stands for a letter that hides nothing: a private character, which no expression takes for a word's."""
_WORD = "\u00aa"
"""Stands for a mark on a letter that hides: a letter, which is part of no path."""


def separated(text: str) -> str:
    """`text` as references are looked for in it, character for character.

    A letter of a script without spaces, or a circled number, becomes a sign that hides nothing, a mark on any other
    letter a letter, and a full-width `#` a plain one.
    """
    if text.isascii():
        return text
    seen: list[str] = []
    for character in text:
        seen.append(_seen(character, seen[-1] if seen else " "))
    return "".join(seen)


def _seen(character: str, before: str) -> str:
    if character == _FULL_WIDTH_HASH:
        return "#"
    if character.isalnum() and not character.isdecimal():
        return _NO_WORD if re.match(_UNSPACED, character) or not character.isalpha() else character
    # A mark is no letter for Python, but `cafe` with an accent of its own ends with one for a reader.
    is_mark = unicodedata.category(character).startswith("M")
    return _WORD if is_mark and before.isalpha() else character
