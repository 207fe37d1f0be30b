"""A statement, the evidence for it, and the verdict that follows from the interval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from bnutils.evidence.intervals import Interval, interval_spec, interval_words, written

_CLAIM_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement about ``quantity``, to be judged by the 95 % interval of ``evidence``.

    ``name`` is unique in the book. ``source`` is a key of the bibliography or "this book".
    ``direction`` says on which side of ``reference`` the statement places the quantity: 0 for
    differences, 1 for ratios. ``setting`` and ``data`` say what was trained on what, ``seconds``
    how long. ``paper`` is the source's own figure and what differs there. ``relied_on`` says that
    the text builds on it. Raises ValueError for a claim that cannot be judged or shown.
    """

    name: str
    statement: str
    source: str
    quantity: str
    evidence: Interval
    direction: str
    reference: float
    setting: str
    data: str
    seconds: float
    unit: str = ""
    paper: str = ""
    relied_on: bool = False

    def __post_init__(self) -> None:
        problems = list(_claim_problems(self))
        if problems:
            raise ValueError(f"claim {self.name!r}: " + "; ".join(problems))

    @property
    def verdict(self) -> str:
        """``supported`` where the whole interval lies on the claimed side of the reference.

        ``not supported`` where it lies wholly on the other side, otherwise ``inconclusive``, as
        where the runs are too alike to tell a spread.
        """
        sign = 1 if self.direction == "above" else -1
        ends = (self.evidence.low, self.evidence.high)
        low, high = sorted(sign * (end - self.reference) for end in ends)
        if not self.evidence.has_width or low <= 0 <= high:
            return "inconclusive"
        return "supported" if low > 0 else "not supported"

    @property
    def claimed(self) -> str:
        """What is claimed of the quantity: ``below 1``."""
        return f"{self.direction} {self.reference:g} {self.unit}".strip()

    @property
    def mean(self) -> str:
        """The mean with its unit, as it is written."""
        if not self.evidence.defined:
            return "undefined"
        spec = interval_spec(self.evidence, self.reference)
        return f"{written(self.evidence.mean, spec)} {self.unit}".strip()

    @property
    def interval(self) -> str:
        """The interval and the number of runs, as they are written."""
        return interval_words(self.evidence, interval_spec(self.evidence, self.reference))


def _claim_problems(claim: Statement) -> Iterator[str]:
    """What keeps a claim from being judged or shown, and what to give instead."""
    if not _CLAIM_NAME.fullmatch(claim.name):
        yield "the name may have small letters, digits and single hyphens between them"
    for field in ("statement", "source", "quantity", "setting", "data"):
        if not str(getattr(claim, field)).strip():
            yield f"{field} is empty: say it in words"
    if claim.source != "this book" and len(claim.source.split()) != 1:
        yield f'source is {claim.source!r}: give one key of the bibliography, or "this book"'
    if claim.direction not in ("above", "below"):
        yield f'direction is {claim.direction!r}: give "above" or "below" (the reference)'
    if not isfinite(claim.reference):
        yield f"reference is {claim.reference}: give 0 for a difference, 1 for a ratio"
    if not (isfinite(claim.seconds) and claim.seconds >= 0):
        yield f"seconds is {claim.seconds}: give how long the runs took"
    interval = claim.evidence
    if not isinstance(interval, Interval):
        yield f"its evidence is {interval!r}: give an Interval, from bnutils.evidence.stats"
        return
    if interval.n < 2:
        yield f"its evidence has n = {interval.n}: an interval needs at least 2 runs"
    if interval.defined and not interval.low <= interval.mean <= interval.high:
        yield "its evidence has a mean outside its interval: make it with bnutils.evidence.stats"
