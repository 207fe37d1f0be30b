"""A mean with its ends, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isclose, isfinite, log10

from bnutils.evidence.numerals import measured, written

USUAL_RUNS = 8  # of a comparison; other numbers are written beside the interval
NOT_FINITE = "a value is not finite"
UNDEFINED = (
    f"no interval: {NOT_FINITE}, as of a run that diverged or that was not measured "
    "(the test set is with Recipe(test=True))"
)


@dataclass(frozen=True)
class Span:
    """What `bnutils.evidence.intervals.Interval` says, without what follows from it."""

    mean: float
    low: float
    high: float
    runs: tuple[float, ...]
    log: bool = False

    @property
    def n(self) -> int:
        """How many runs there are."""
        return len(self.runs)

    @property
    def defined(self) -> bool:
        """Whether mean and both ends are finite, of ratios positive; False where a value is not."""
        finite = isfinite(self.mean) and isfinite(self.low) and isfinite(self.high)
        return finite and not (self.log and self.low <= 0)

    @property
    def has_width(self) -> bool:
        """Whether the ends differ: runs that are equal, of unknown resolution, tell no spread."""
        return self.defined and self.low < self.high

    @property
    def half(self) -> float:
        """Half of the width."""
        return (self.high - self.low) / 2

    @property
    def symmetric(self) -> bool:
        """Whether the mean is the middle; where it is large, the ends are rounded."""
        below, above, rounding = self.mean - self.low, self.high - self.mean, 1e-12 * abs(self.mean)
        return not self.log and isclose(below, above, rel_tol=1e-6, abs_tol=rounding)


def in_short(interval: Span, spec: str, unit: str = "") -> str:
    """Mean, interval and unit, and how many runs where these are not `USUAL_RUNS`.

    The format is ``spec``, with more digits where the width would read as nothing. Spaces end no
    line where they part a number.
    """
    if not interval.defined:
        return f"no interval: {NOT_FINITE}"
    spec = enough_digits(interval, spec)
    mean = "×" * interval.log + written(interval.mean, spec)
    if not interval.has_width:
        return f"{measured(mean, unit)} in all {interval.n} runs"
    spec = spec.replace("+", "")
    if interval.symmetric:
        spread = f"±\xa0{written(interval.half, spec if spec.endswith('f') else '.2g')}"
    else:
        spread = f"[{written(interval.low, spec)},\xa0{written(interval.high, spec)}]"
    runs = "" if interval.n == USUAL_RUNS else f", n\xa0=\xa0{interval.n}"
    return measured(f"{mean}\xa0{spread}", unit) + runs


def interval_words(interval: Span, spec: str) -> str:
    """Ends and number of runs in full: ``95 % interval 0.85 to 1.42, n = 8``.

    Says so where there is no interval, or where the runs are too alike to make one.
    """
    if not interval.defined:
        return f"{UNDEFINED}, n\xa0=\xa0{interval.n}"
    if not interval.has_width:
        return f"the same in all {interval.n} runs, which tells no spread"
    low, high = written(interval.low, spec), written(interval.high, spec)
    return f"95\xa0% interval {low} to {high}, n\xa0=\xa0{interval.n}"


def interval_spec(interval: Span, reference: float = 0.0) -> str:
    """The format that shows the interval's width, and that an end is not the reference."""
    half = interval.half
    if not (interval.defined and half > 0):
        return ".4g"
    decimals = max(0, -floor(log10(half / 3)))
    return enough_digits(interval, f".{decimals}f", reference) if decimals <= 6 else ".3g"


def enough_digits(interval: Span, spec: str, reference: float | None = None) -> str:
    """``spec`` like ``.1f`` with more digits, where an end would read as mean or reference."""
    sign, _, digits = spec.removesuffix("f").partition(".")
    if not (interval.has_width and spec.endswith("f") and digits.isdecimal()):
        return spec
    for places in range(int(digits), max(int(digits), 6) + 1):
        if _readable(interval, places, reference):
            return f"{sign}.{places}f"
    return f"{sign}.4g"


def _readable(interval: Span, places: int, reference: float | None) -> bool:
    ends = interval.low, interval.high
    mean, low, high = (round(end, places) for end in (interval.mean, *ends))
    half = round(interval.half, places)
    wide = half > 0 if interval.symmetric else low < mean < high and (low > 0 or not interval.log)
    if reference is None or not wide:
        return wide
    away = abs(interval.mean - reference)
    touches = interval.symmetric and away > interval.half and round(away, places) <= half
    return not touches and all(round(end - reference, places) for end in ends if end != reference)
