"""All exercises, in the order of the page; each is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

from bnutils.practice.exercises.task import Exercise

KEYS = (
    "statistics", "normalize", "forward", "running", "layer", "backward", "images", "network",
    "pick_rates", "pair", "fold", "hunt", "interval", "experiment",
)  # fmt: skip


def exercise(key: str) -> Exercise:
    """The exercise with this key. Raises LookupError for another."""
    if key not in KEYS:
        raise LookupError(f"there is no exercise {key!r}; there are {', '.join(KEYS)}")
    found = import_module(f"bnutils.practice.exercises.tasks.{key}").TASK
    assert isinstance(found, Exercise)
    return found
