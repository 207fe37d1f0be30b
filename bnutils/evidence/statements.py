"""A statement, the evidence for it, and the verdict that follows from the interval."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

from bnutils.evidence.intervals import Interval, band
from bnutils.evidence.numerals import measured, written
from bnutils.evidence.spans import in_short, interval_spec, interval_words

_CLAIM_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement about ``quantity``, to be judged by the runs of ``evidence``.

    ``name`` is unique in the book. ``source`` is a key of the bibliography or "this book".
    ``direction`` says on which side of ``reference`` the statement places the quantity: 0 for
    differences, 1 for ratios. ``delta`` is the smallest effect that matters: a difference, or the
    factor of a ratio; by default 0.5 points, and 1.05. A ``check`` is true by construction if the
    code is right. ``setting`` and ``data`` say what was trained on what, ``varied`` what differs
    from run to run, ``seeds`` from which seeds the runs are and ``chosen_on`` from which ones the
    learning rates, ``diverged`` how many runs are no number, ``seconds`` the processor time.
    ``paper`` is the source's own figure and what differs there. ``relied_on`` says that the text
    builds on it. Raises ValueError for a claim that cannot be judged or shown.
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
    delta: float = nan
    check: bool = False
    varied: str = ""
    seeds: Sequence[int] = ()
    chosen_on: Sequence[int] = ()
    diverged: str = ""
    paper: str = ""
    relied_on: bool = False

    def __post_init__(self) -> None:
        if isnan(self.delta):
            usual = {"points": 0.5}.get(self.unit, nan)
            factor = isinstance(self.evidence, Interval) and self.evidence.log
            object.__setattr__(self, "delta", 1.05 if factor else usual)
        for seeds in ("seeds", "chosen_on"):
            object.__setattr__(self, seeds, tuple(getattr(self, seeds)))  # of a range too
        problems = list(_claim_problems(self))
        if problems:
            raise ValueError(f"claim {self.name!r}: " + "; ".join(problems))

    @property
    def verdict(self) -> str:
        """``no relevant effect`` where the whole interval lies less than `delta` away.

        Otherwise ``supported`` or ``contradicted`` where the runs lie on one `Interval.side` of
        the reference, and ``undecided`` where that is open.
        """
        if self.evidence.within(self.delta, self.reference):
            return "no relevant effect"
        found = self.evidence.side(self.reference)
        claimed = 1 if self.direction == "above" else -1
        return "supported" if found == claimed else "contradicted" if found else "undecided"

    @property
    def band(self) -> tuple[float, float]:
        """Between which values an effect is too small to matter."""
        return band(self.reference, self.delta, self.evidence.log)

    @property
    def claimed(self) -> str:
        """What is claimed of the quantity: ``below 1``."""
        return measured(f"{self.direction} {written(self.reference, 'g')}", self.unit)

    @property
    def matters(self) -> str:
        """From which size on an effect matters: ``0.5 points``, ``a factor of 1.05``."""
        size = written(self.delta, ".3g")
        return f"a factor of {size}" if self.evidence.log else measured(size, self.unit)

    @property
    def short(self) -> str:
        """Mean, interval and unit, as a line has them: ``+1.13 ± 0.28 points``."""
        signed = "+" * (self.reference == 0) + interval_spec(self.evidence, self.reference)
        return in_short(self.evidence, signed, self.unit)

    @property
    def mean(self) -> str:
        """The mean with its unit, as it is written."""
        if not self.evidence.defined:
            return "undefined"
        spec = interval_spec(self.evidence, self.reference)
        return measured(written(self.evidence.mean, spec), self.unit)

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
    if both := sorted({*claim.seeds} & {*claim.chosen_on}):
        yield (
            f"the seeds {both} are among its evidence and chose the learning rate too: measure "
            "on seeds of their own, as bnutils.sweeps.tuning does"
        )
    interval = claim.evidence
    if not isinstance(interval, Interval):
        yield f"its evidence is {interval!r}: give an Interval, from bnutils.evidence.stats"
        return
    if interval.n < 2:
        yield f"its evidence has n = {interval.n}: an interval needs at least 2 runs"
    if claim.seeds and len(claim.seeds) != interval.n:
        yield f"its evidence has n = {interval.n}, but there are {len(claim.seeds)} seeds"
    if interval.log and claim.reference <= 0:
        yield f"reference is {claim.reference}: give a positive number, as of every ratio"
    if not claim.delta > float(interval.log):
        least = "a factor above 1" if interval.log else "a positive number"
        yield f"delta is {claim.delta}: give the smallest effect that matters, {least}"
    if interval.defined and not interval.low <= interval.mean <= interval.high:
        yield "its evidence has a mean outside its interval: make it with bnutils.evidence.stats"
