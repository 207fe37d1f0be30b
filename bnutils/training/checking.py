"""Settings as plain Python numbers, or an error that says what to give."""

from __future__ import annotations

import operator
from math import isfinite
from typing import Any


def whole_number(name: str, value: Any, least: int) -> int:
    """``value`` as an int; raises ValueError unless it is a whole number of at least ``least``."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least:
        raise ValueError(f"{name} is {value!r}; give a whole number of at least {least}")
    return number


def real_number(name: str, value: Any, low: float, high: float = float("inf")) -> float:
    """``value`` as a float; raises ValueError unless it is finite and from ``low`` to ``high``."""
    try:
        number = None if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        number = None
    if number is None or not isfinite(number) or not low <= number <= high:
        limits = f"of at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
        raise ValueError(f"{name} is {value!r}; give a number {limits}")
    return number


def yes_or_no(name: str, value: Any) -> bool:
    """``value`` as a bool; raises ValueError for anything else."""
    if value not in (True, False):
        raise ValueError(f"{name} is {value!r}; give True or False")
    return bool(value)


def several(name: str, values: Any, example: str) -> list[Any]:
    """``values`` one after another, each once; raises ValueError for a single one and for none."""
    try:
        found = [] if isinstance(values, str | bytes) else list(dict.fromkeys(values))
    except TypeError:  # nothing to go through
        found = []
    if not found:
        raise ValueError(f"{name} is {values!r}; give several, at least one, as in {example}")
    return found
