"""Means with 95 % intervals, paired differences and ratios, and the words that follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

CONFIDENCE = 0.95


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
        """Whether mean and both ends are finite; False where a run diverged."""
        return isfinite(self.mean) and isfinite(self.low) and isfinite(self.high)

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False where a run diverged."""
        return self.low > 0 or self.high < 0

    def __format__(self, spec: str) -> str:
        spec = "z" + spec.removeprefix("z")  # a rounded zero has no sign
        return f"{written(self.mean, spec)} ({interval_words(self, spec)})"


def written(number: float, spec: str) -> str:
    """A number as text in which the minus is a minus sign, not a hyphen."""
    text = format(number, spec)
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def interval_words(interval: Interval, spec: str) -> str:
    """Ends and number of runs in words, with spaces that end no line where they part a number."""
    low, high = written(interval.low, spec), written(interval.high, spec)
    return f"95\xa0% interval {low} to {high}, n\xa0=\xa0{interval.n}"


def mean_interval(values: ArrayLike) -> Interval:
    """Mean and 95 % Student-t interval of ``values`` [n]; undefined where a value is not finite.

    Raises ValueError for fewer than two values, from which no spread can be told.
    """
    runs = np.asarray(values, dtype=np.float64).ravel()  # [n]
    if len(runs) < 2:
        raise ValueError(f"an interval needs at least 2 runs, got {len(runs)}")
    if not np.isfinite(runs).all():
        return Interval(float("nan"), float("nan"), float("nan"), len(runs))
    mean = float(runs.mean())
    quantile = stdtrit(len(runs) - 1, (1 + CONFIDENCE) / 2)  # of Student's t
    half = float(quantile * runs.std(ddof=1) / len(runs) ** 0.5)
    return Interval(mean, mean - half, mean + half, len(runs))


def paired_difference(a: ArrayLike, b: ArrayLike) -> Interval:
    """Interval of a - b, run by run: both [n], run i of each with the same seed and batches.

    Raises ValueError for different numbers of runs.
    """
    first, second = _pairs(a, b)
    return mean_interval(first - second)


def log_ratio(a: ArrayLike, b: ArrayLike) -> Interval:
    """Interval of log(a / b), natural, run by run; pairs as in `paired_difference`.

    Undefined where a value is not finite. Raises ValueError for different numbers of runs, and
    for values that are not positive.
    """
    first, second = _pairs(a, b)
    for arm, runs in (("a", first), ("b", second)):
        for i in np.flatnonzero(runs <= 0):
            if np.isfinite(runs[i]):
                raise ValueError(
                    f"a ratio needs positive values, got {runs[i]:g} in run {i} of {arm}: "
                    "compare quantities that can be zero or negative by paired_difference"
                )
    if not np.isfinite([first, second]).all():
        return mean_interval(np.full(first.shape, np.nan))
    return mean_interval(np.log(first) - np.log(second))


def ratio(a: ArrayLike, b: ArrayLike) -> Interval:
    """Geometric mean of a / b, run by run, with the interval of its logarithm, exponentiated.

    Takes and raises what `log_ratio` does. Swapping the arms gives the reciprocal interval.
    """
    logs = log_ratio(a, b)
    with np.errstate(over="ignore"):
        mean, low, high = (float(np.exp(end)) for end in (logs.mean, logs.low, logs.high))
    return Interval(mean, low, high, logs.n)


def _pairs(a: ArrayLike, b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"pairs need as many runs in each arm, got {first.shape}, {second.shape}")
    return first.ravel(), second.ravel()


def verdict(
    difference: Interval, *, more: str = "higher", less: str = "lower", spec: str = ".1f",
    unit: str = "points",
) -> str:  # fmt: skip
    """Say what a paired difference shows, and no more.

    ``higher by 0.4 points (95 % interval 0.2 to 0.6, n = 5)`` where the interval excludes zero,
    otherwise ``not distinguishable (difference 0.1 points, 95 % interval -0.3 to 0.5, n = 5)``.
    """
    spec = _enough_digits(difference, spec)
    if difference.excludes_zero:
        word, sign = (more, 1) if difference.mean > 0 else (less, -1)
        low, high = sorted((sign * difference.low, sign * difference.high))
        size = Interval(abs(difference.mean), low, high, difference.n)
        return (
            f"{word} by {written(size.mean, spec)} {unit}".strip()
            + f" ({interval_words(size, spec)})"
        )
    size_in_words = f"{written(difference.mean, spec)} {unit}".strip()
    return f"not distinguishable (difference {size_in_words}, {interval_words(difference, spec)})"


def interval_spec(interval: Interval, reference: float = 0.0) -> str:
    """The format that shows the interval's width, and that an end is not the reference."""
    half = (interval.high - interval.low) / 2
    if not (interval.defined and half > 0):
        return "z.4g"
    decimals = max(0, -floor(log10(half / 3)))
    return _enough_digits(interval, f".{decimals}f", reference) if decimals <= 6 else ".3g"


def _enough_digits(interval: Interval, spec: str, reference: float = 0.0) -> str:
    """``spec`` like ``.1f`` with more digits, where an end would read as the reference."""
    digits = int(spec.strip("z.f"))
    ends = [abs(end - reference) for end in (interval.low, interval.high) if end != reference]
    while digits < 6 and any(end < 0.5 * 10**-digits for end in ends):
        digits += 1
    return f"z.{digits}f"


def listed(things: Iterable[object]) -> str:
    """Things in words: ``none``, ``2``, ``2 and 4``, ``2, 4 and 8``."""
    *first, last = [str(thing) for thing in things] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
