"""How many seconds of an entry are logged. Whole numbers only: a float would round some halves the wrong way."""

from __future__ import annotations


def rounded_seconds(seconds: int, unit_minutes: int, mode: str) -> int:
    """`seconds` (above 0) on a grid of `unit_minutes`; a grid of 0 leaves them as they are.

    mode: `nearest` rounds half a unit up and never below one unit; `up` and `down` do as they say, so only `down` can
    give 0. Raises ValueError for another mode.
    """
    if unit_minutes == 0:
        return seconds
    unit = unit_minutes * 60
    match mode:
        case "nearest":
            return max(unit, (2 * seconds + unit) // (2 * unit) * unit)
        case "up":
            return -(-seconds // unit) * unit
        case "down":
            return seconds // unit * unit
        case _:
            raise ValueError(f"unknown rounding mode {mode!r}")
