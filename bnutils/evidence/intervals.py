"""A mean with its interval, and how both are written."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log10

UNDEFINED = (
    "no interval: a value is not finite, as of a run that diverged or that was not measured "
    "(the test set is with Recipe(test=True))"
)


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % Student-t interval over ``n`` independent runs.

    Formats like a number: ``f"{interval:.1f}"`` gives ``97.6 (95 % interval 97.4 to 97.8, n = 5)``.
    """

    mean: float
    low: float
    high: float
    n: int

    @property
    def defined(self) -> bool:
        """Whether mean and both ends are finite; False where a value is not."""
        return isfinite(self.mean) and isfinite(self.low) and isfinite(self.high)

    @property
    def has_width(self) -> bool:
        """Whether the runs differ: equal ones, as of a value at its limit, tell no spread."""
        return self.defined and self.low < self.high

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False where it is undefined or has no width."""
        return self.has_width and (self.low > 0 or self.high < 0)

    def __format__(self, spec: str) -> str:
        spec = "z" + spec.removeprefix("z")  # a rounded zero has no sign
        mean = written(self.mean, spec) if self.defined else "undefined"
        return f"{mean} ({interval_words(self, spec)})"


def written(number: float, spec: str) -> str:
    """A number as text in which the minus is a minus sign, not a hyphen."""
    text = format(number, spec)
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def interval_words(interval: Interval, spec: str) -> str:
    """Ends and number of runs in words, with spaces that end no line where they part a number.

    Says so where there is no interval, or where the runs are too alike to make one.
    """
    if not interval.defined:
        return f"{UNDEFINED}, n\xa0=\xa0{interval.n}"
    if not interval.has_width:
        return f"the same in all {interval.n} runs, which tells no spread"
    low, high = written(interval.low, spec), written(interval.high, spec)
    return f"95\xa0% interval {low} to {high}, n\xa0=\xa0{interval.n}"


def interval_spec(interval: Interval, reference: float = 0.0) -> str:
    """The format that shows the interval's width, and that an end is not the reference."""
    half = (interval.high - interval.low) / 2
    if not (interval.defined and half > 0):
        return "z.4g"
    decimals = max(0, -floor(log10(half / 3)))
    return enough_digits(interval, f".{decimals}f", reference) if decimals <= 6 else ".3g"


def enough_digits(interval: Interval, spec: str, reference: float = 0.0) -> str:
    """``spec`` like ``.1f`` with more digits, where an end would read as the reference."""
    digits = int(spec.strip("z.f"))
    ends = [abs(end - reference) for end in (interval.low, interval.high) if end != reference]
    while digits < 6 and any(end < 0.5 * 10**-digits for end in ends):
        digits += 1
    return f"z.{digits}f"
