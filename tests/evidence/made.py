"""Intervals with runs that have them."""

from __future__ import annotations

import numpy as np
from scipy import stats

from bnutils.evidence.stats import Interval

BEYOND = stats.t.ppf(0.975, range(1, 40))  # by degrees of freedom, from 1 on


def made(mean: float, half: float, n: int = 8) -> Interval:
    """The interval from mean - half to mean + half of ``n`` evenly spread values."""
    even = np.linspace(-1.0, 1.0, n)
    runs = mean + even * (half * n**0.5 / BEYOND[n - 2] / even.std(ddof=1))
    return Interval(mean, mean - half, mean + half, tuple(map(float, runs)))


def made_ratio(mean: float, factor: float, n: int = 8) -> Interval:
    """The same of a ratio, from mean / factor to mean * factor."""
    logs = made(np.log(mean), np.log(factor), n)
    runs = tuple(map(float, np.exp(logs.runs)))
    return Interval(mean, mean / factor, mean * factor, runs, log=True)
