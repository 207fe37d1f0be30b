"""Means with 95 % intervals, paired differences and ratios, and the words that follow."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from bnutils.evidence.intervals import Interval
from bnutils.evidence.numerals import measured, rounded_up, written
from bnutils.evidence.spans import NOT_FINITE, enough_digits, in_short, interval_spec

__all__ = [
    "Interval", "interval_spec", "listed", "log_ratio", "mean_interval", "paired_difference",
    "ratio", "verdict", "written",
]  # fmt: skip
CONFIDENCE = 0.95
ALIKE = 1e-12  # of the largest value: differences this small are rounding


def mean_interval(values: ArrayLike, *, resolution: float = 0.0) -> Interval:
    """Mean and 95 % Student-t interval of ``values`` [n]; undefined where a value is not finite.

    ``resolution`` is the step of the measure, as 100 / 2000 points on 2,000 images or the step of
    a grid: half of it is added on both sides, so that equal values have an interval too. Without
    it theirs has no width, and nothing is judged by it.
    Raises ValueError for fewer than two values, from which no spread can be told, for another
    number of dimensions than one, as values of one run are not independent, and for a negative
    resolution.
    """
    runs = _one_a_run(values)  # [n]
    if len(runs) < 2:
        raise ValueError(f"an interval needs at least 2 runs, got {len(runs)}")
    if not resolution >= 0:
        raise ValueError(f"resolution is {resolution}; give the step of the measure, or 0")
    kept = tuple(map(float, runs))
    if not np.isfinite(runs).all():
        return Interval(float("nan"), float("nan"), float("nan"), kept)
    if alike := bool(np.ptp(runs) <= ALIKE * np.abs(runs).max()):
        kept = (kept[0],) * len(runs)
    mean = kept[0] if alike else float(runs.mean())
    quantile = stdtrit(len(runs) - 1, (1 + CONFIDENCE) / 2)  # of Student's t
    spread = 0.0 if alike else float(quantile * runs.std(ddof=1) / len(runs) ** 0.5)
    half = spread + resolution / 2
    return Interval(mean, mean - half, mean + half, kept)


def paired_difference(a: ArrayLike, b: ArrayLike, *, resolution: float = 0.0) -> Interval:
    """Interval of a - b, run by run: both [n], run i of each with the same seed and batches.

    ``resolution`` as in `mean_interval`. Raises ValueError for different numbers of runs.
    """
    first, second = _pairs(a, b)
    return mean_interval(first - second, resolution=resolution)


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
        runs = tuple(float(np.exp(run)) for run in logs.runs)
    return Interval(mean, low, high, runs, log=True)


def _pairs(a: ArrayLike, b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    first, second = _one_a_run(a), _one_a_run(b)  # [n], [n]
    if len(first) != len(second):
        raise ValueError(f"pairs need as many runs in each arm, got {len(first)}, {len(second)}")
    return first, second


def _one_a_run(values: ArrayLike) -> np.ndarray:
    """The values [n]; raises ValueError where they have not one dimension."""
    runs = np.asarray(values, dtype=np.float64)
    if runs.ndim != 1:
        raise ValueError(
            f"expected one value for each run, [n], got {list(runs.shape)}: average first over "
            f"what belongs to one run, or choose an evaluation with [:, -1]"
        )
    return runs


def verdict(
    difference: Interval, *, spec: str = ".1f", unit: str = "points", delta: float | None = None
) -> str:
    """Say what a paired difference or a ratio shows, and no more.

    ``+1.13 ± 0.28 points`` where the runs lie on one `side` of no effect, ``undecided: +0.5 ± 0.9
    points`` where that is open, and ``no difference beyond 0.15 points`` where the interval lies
    within ``delta``, the smallest effect that matters. Ratios, which have no unit: ``×0.30 [0.18,
    0.49]``, and ``no change beyond a factor of 1.03``.
    """
    if not difference.defined:
        return f"undecided: {NOT_FINITE}"
    none = 1.0 if difference.log else 0.0
    if delta is not None and difference.within(delta, none):
        return _at_most(difference, unit, delta)
    signed = spec if difference.log else f"+{spec}"
    digits = enough_digits(difference, signed, none)
    words = in_short(difference, digits, "" if difference.log else unit)
    return words if difference.side(none) else f"undecided: {words}"


def _at_most(difference: Interval, unit: str, delta: float) -> str:
    """The end that lies further from no effect, rounded up, but not beyond ``delta``."""
    if difference.log:
        per_cent = ceil(round(100 * max(difference.high, 1 / difference.low), 6))
        return f"no change beyond a factor of {min(per_cent / 100, delta):g}"
    most = min(rounded_up(max(abs(difference.low), abs(difference.high))), delta)
    return f"no difference beyond {measured(written(most, '.4g'), unit)}"


def listed(things: Iterable[object]) -> str:
    """Things in words: ``none``, ``2``, ``2 and 4``, ``2, 4 and 8``."""
    *first, last = [str(thing) for thing in things] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
