"""Means with 95 % intervals, paired differences, and the words that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    def excludes_zero(self) -> bool:
        """Whether zero lies outside the interval; False where a run diverged."""
        return self.low > 0 or self.high < 0

    def __format__(self, spec: str) -> str:
        spec = "z" + spec.removeprefix("z")  # a rounded zero has no sign
        low, high = format(self.low, spec), format(self.high, spec)
        return f"{format(self.mean, spec)} (95 % interval {low} to {high}, n = {self.n})"


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
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"pairs need as many runs in each arm, got {first.shape}, {second.shape}")
    return mean_interval(first - second)


def verdict(
    difference: Interval, *, more: str = "higher", less: str = "lower", spec: str = ".1f",
    unit: str = "points",
) -> str:  # fmt: skip
    """Say what a paired difference shows, and no more.

    ``higher by 0.4 points (95 % interval 0.2 to 0.6, n = 5)`` where the interval excludes zero,
    otherwise ``not distinguishable (difference 0.1 points, 95 % interval -0.3 to 0.5, n = 5)``.
    """
    spec = _enough_digits(difference, spec)
    low, high, n = difference.low, difference.high, difference.n
    if difference.excludes_zero:
        word, sign = (more, 1) if difference.mean > 0 else (less, -1)
        low, high = sorted((sign * low, sign * high))
        size = f"{abs(difference.mean):{spec}} {unit}".strip()
        return f"{word} by {size} (95 % interval {low:{spec}} to {high:{spec}}, n = {n})"
    size = f"{difference.mean:{spec}} {unit}".strip()
    return (
        f"not distinguishable (difference {size}, "
        f"95 % interval {low:{spec}} to {high:{spec}}, n = {n})"
    )


def _enough_digits(interval: Interval, spec: str) -> str:
    """``spec`` like ``.1f`` with more digits, where an end that is not zero would read as zero."""
    digits = int(spec.strip("z.f"))
    ends = [abs(end) for end in (interval.low, interval.high) if end != 0]
    while digits < 6 and any(end < 0.5 * 10**-digits for end in ends):
        digits += 1
    return f"z.{digits}f"


def listed(things: Iterable[object]) -> str:
    """Things in words: ``none``, ``2``, ``2 and 4``, ``2, 4 and 8``."""
    *first, last = [str(thing) for thing in things] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
