"""``check.forward(forward)`` says in the cell whether an answer is right, or what is wrong in it.

``check.forward.hint()`` gives one step more. The names are those of the exercises.
"""

from __future__ import annotations

import os
from typing import Any

import torch

from bnutils.practice.exercises.catalogue import KEYS, exercise
from bnutils.practice.exercises.report import Report
from bnutils.practice.number import number

__all__ = ["number"]


class Hint(str):
    """A hint; a notebook shows it as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


class Check:
    """The check of one exercise; it counts the hints that it gave."""

    def __init__(self, key: str) -> None:
        self.exercise = exercise(key)
        self.hints_given = 0

    def __call__(self, answer: Any, seed: str = "public") -> Report:
        """The report on an answer, by inputs that are drawn from ``seed``.

        What the notebook set for all of torch, another type or no gradients, does not count.
        """
        dtype = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            with torch.enable_grad():
                return self.exercise.judge(answer, seed)
        finally:
            torch.set_default_dtype(dtype)

    def source(self, student: str = "public") -> str:
        """The script that this exercise gives to a student, by number.

        Raises AttributeError for an exercise that gives none.
        """
        written: str = self.exercise.source(student)  # type: ignore[attr-defined]
        return written

    def hint(self) -> Hint:
        """One step more, at most as many as the environment variable BN_HINTS allows."""
        allowed = min(len(self.exercise.hints), int(os.environ.get("BN_HINTS", "3")))
        if allowed == 0:
            return Hint("There are no hints here.")
        if self.hints_given < allowed:
            self.hints_given += 1
        number = self.hints_given
        text = self.exercise.hints[number - 1]
        return Hint(f"Hint {number} of {allowed}: {text}")


_CHECKS: dict[str, Check] = {}


def __getattr__(name: str) -> Check:
    if name not in KEYS:
        raise AttributeError(f"there is no exercise {name!r}; there are {', '.join(KEYS)}")
    return _CHECKS.setdefault(name, Check(name))


def __dir__() -> list[str]:
    return sorted([*KEYS, "number"])
