"""An exercise: its truth from another library, a twin that can slip, and inputs from a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnutils.practice.exercises.report import Report

Slips = frozenset[str]


@dataclass(frozen=True)
class Probe:
    """An input, by a name that is shown, and how close an answer must be to the truth there."""

    name: str
    args: tuple[Any, ...]
    rtol: float = 1e-4
    atol: float = 1e-5


@dataclass(frozen=True)
class Slip:
    """A mistake that the twin can make: what is said of it, and the share of points it keeps."""

    key: str
    says: str
    see: str
    keeps: float = 0.5


@dataclass(frozen=True)
class Exercise:
    """What all exercises share: a name to answer by, three hints, and what they are worth.

    ``answer`` is the name of the function or class that is written, ``see`` the page and section
    that explain it.
    """

    key: str
    title: str
    answer: str
    hints: tuple[str, str, str]
    see: str
    points: int
    minutes: int

    def judge(self, answer: Any, seed: str = "public") -> Report:
        raise NotImplementedError

    def report(
        self, status: str, says: Iterable[str], share: float = 0.0, *,
        found: Iterable[str] = (), see: Iterable[str] = (), symptom: Iterable[str] = (),
    ) -> Report:  # fmt: skip
        """A report with ``share`` of the points, to a tenth of a point."""
        places = () if status == "right" else tuple(dict.fromkeys(see)) or (self.see,)
        points = round(self.points * share, 1)
        return Report(
            self.title, status, points, self.points, tuple(says), tuple(found), places,
            tuple(symptom),
        )  # fmt: skip

    def generator(self, seed: str) -> np.random.Generator:
        """Random numbers that belong to this exercise and to ``seed``."""
        digest = hashlib.sha256(f"{self.key}/{seed}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big"))


@dataclass(frozen=True)
class Twinned(Exercise):
    """An exercise whose answer is a function: right where it gives the truth for every probe.

    ``twin`` takes the arguments of a probe and the slips to make; it gives None in place of a
    value that a slip leaves to chance. ``adapt`` turns what the answer gives into values, with the
    arguments of the probe.
    """

    returns: tuple[str, ...]
    truth: Callable[..., Any]
    twin: Callable[..., Any]
    probes: Callable[[np.random.Generator], tuple[Probe, ...]]
    slips: tuple[Slip, ...]
    adapt: Callable[..., Any] | None = None
