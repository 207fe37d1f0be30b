"""How numbers are written."""

from __future__ import annotations

from math import ceil, floor, log10

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(number: float, spec: str) -> str:
    """A number as readers know it: ``−0.5``, ``3 · 10⁻⁷``, and a rounded zero without a sign."""
    digits, _, power = format(number, spec).partition("e")
    if not digits.strip("+-0."):
        return digits.lstrip("+-")
    digits = digits.replace("-", "\N{MINUS SIGN}")
    if not power.strip("+-0"):
        return digits
    return f"{digits}\xa0·\xa010{str(int(power)).translate(_RAISED)}"


def measured(number: str, unit: str) -> str:
    """A written number with its unit; short ones, as % and s, stay in its line."""
    apart = "\xa0" if len(unit) <= 2 else " "
    return f"{number}{apart}{unit}" if unit else number


def rounded_up(number: float) -> float:
    """A positive number with two digits, the next one upwards."""
    unit = 10.0 ** (floor(log10(number)) - 1)
    return ceil(round(number / unit, 6)) * unit
