"""On which side of a reference runs lie, if that can be told: three tests that have to agree."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.special import stdtr, stdtrit

ALPHA = 0.05  # two-sided, of each test
BEYOND_DOUBT = 0.0002  # two-sided: at less, no skewness raises a doubt
MOST_SIGNS = 2**15  # all sign patterns of 16 runs, but for a common sign
SMALL = 1e-12  # of a sum: differences this small are rounding


def side(values: np.ndarray, low: float, high: float) -> int:
    """1 where n independent ``values`` [n] lie above 0, -1 below, 0 where it is open.

    The 95 % interval from ``low`` to ``high`` has to exclude 0, and `sign_flip_p` and
    `lopsided_side` have to agree: each is wrong in another way where runs are few.
    """
    by_interval = int(low > 0) - int(high < 0)
    if not by_interval or len(values) < 2:
        return 0
    agreed = lopsided_side(values) == by_interval and sign_flip_p(values) <= ALPHA
    return by_interval if agreed else 0


def sign_flip_p(values: np.ndarray) -> float:
    """Two-sided p of the hypothesis that ``values`` [n] are as likely with the other sign.

    The share of sign patterns whose sum is as far from 0: of all of them up to 16 values, of
    32,768 drawn ones beyond. At least 2 / 2**n, so that five runs alone never decide.
    Source: Fisher (1935), The Design of Experiments, section 21.
    """
    scale = float(np.abs(values).max())
    if not np.isfinite(scale) or scale == 0:
        return 1.0
    parts = values / scale  # [n]; sums of large values would overflow
    sums = np.abs(_signs(len(parts)) @ parts)  # [patterns]
    return float((sums >= abs(parts.sum()) - SMALL * len(parts)).mean())


def lopsided_side(values: np.ndarray) -> int:
    """The side of 0 by a t-test that allows for the skewness of ``values`` [n]; 0 where open.

    Equal values lie on their own side, and so do those of which the t-test is beyond doubt: the
    transformation is too careful with large effects of which a few runs are small.
    Source: Hall (1992), On the removal of skewness by transformation, the cubic one.
    """
    mean, spread, n = values.mean(), values.std(ddof=1), len(values)
    if spread <= SMALL * np.abs(values).max() or _t_p(mean, spread, n) < BEYOND_DOUBT:
        return int(np.sign(mean))
    skewness = float((((values - mean) / values.std()) ** 3).mean())
    size = mean / spread
    bent = size + skewness * size**2 / 3 + skewness**2 * size**3 / 27 + skewness / (6 * n)
    beyond = abs(bent) * n**0.5 > stdtrit(n - 1, 1 - ALPHA / 2)
    return int(np.sign(bent)) if beyond else 0


def student_p(values: np.ndarray, low: float, high: float) -> float:
    """Two-sided p of Student's t for ``values`` [n], whose interval is from ``low`` to ``high``.

    What a resolution adds to the interval counts. Of equal values it is that of the sign-flip
    test, as they tell no spread.
    """
    spread, n = float(values.std(ddof=1)), len(values)
    if spread <= SMALL * np.abs(values).max():
        return sign_flip_p(values)
    added = (high - low) / 2 - stdtrit(n - 1, 1 - ALPHA / 2) * spread / n**0.5
    return _t_p(max(abs(low + high) / 2 - added, 0.0), spread, n)


def _t_p(mean: float, spread: float, n: int) -> float:
    return float(2 * stdtr(n - 1, -abs(mean) / spread * n**0.5))


@cache
def _signs(n: int) -> np.ndarray:
    """Sign patterns [patterns, n], the first all plus; one of each pair that differs in all."""
    if 2 ** (n - 1) <= MOST_SIGNS:
        rows = np.arange(2 ** (n - 1))[:, None]
        return np.where(rows >> np.arange(n) & 1, -1.0, 1.0)
    drawn = np.random.default_rng(0).choice([-1.0, 1.0], (MOST_SIGNS, n))
    drawn[0] = 1.0
    return drawn
