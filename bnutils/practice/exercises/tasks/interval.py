"""Exercise 13: an interval and its verdict."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from bnutils.practice.exercises.judging import Task
from bnutils.practice.exercises.task import Probe, Slip, Slips

SPREAD = 1.3  # of the differences: where it is 1, nobody sees that it is left out
PAIRED = "implementation/comparison#sec-comparison-discussion"


def probes(draw: np.random.Generator) -> tuple[Probe, ...]:
    def given(shift: float, seeds: int) -> tuple[Any, ...]:
        """Runs whose paired difference has a t value of its own for every wrong way to see it."""
        seed = draw.normal(scale=2.0, size=seeds)
        noise = draw.normal(size=seeds)
        noise = (noise - noise.mean()) / noise.std(ddof=1)
        plain = 95 + SPREAD * (seed - seed.mean())
        return plain + SPREAD * (shift + noise), plain

    drawn = {"a clear gain": (3.5, 5), "a clear loss": (-3.5, 5), "no clear difference": (0.45, 5),
             "six seeds": (-0.4, 6)}  # fmt: skip
    return tuple(  # as close as the three digits of a printed table of t
        Probe(name, given(*settings), atol=6e-4) for name, settings in drawn.items()
    )


def said(low: float, high: float) -> str:
    return "better" if low > 0 else "worse" if high < 0 else "cannot tell"


def truth(bn: Any, plain: Any) -> tuple[Any, Any, Any]:
    low, high = stats.ttest_rel(bn, plain).confidence_interval(0.95)
    return low, high, said(low, high)


def twin(bn: Any, plain: Any, slips: Slips = frozenset()) -> tuple[Any, Any, Any]:
    n = len(bn)
    difference = plain - bn if "sign" in slips else bn - plain
    spread = difference.std(ddof=0 if "biased" in slips else 1)
    spread = 1.0 if "no spread" in slips else spread
    free = n - 1
    if "unpaired" in slips:
        spread, free = np.sqrt(bn.var(ddof=1) + plain.var(ddof=1)), 2 * n - 2
    quantile = stats.t.ppf(0.95 if "one-sided" in slips else 0.975, free)
    if "normal" in slips:
        quantile = stats.norm.ppf(0.95 if "one-sided" in slips else 0.975)
    quantile = 1.0 if "no factor" in slips else 2.0 if "two" in slips else quantile
    root = 1 if "spread" in slips else n if "by n" in slips else np.sqrt(n)
    half = quantile * spread / root
    mean = difference.mean()
    low, high = mean - half, mean + half
    words = said(low, high)
    if "by mean" in slips:
        words = "better" if mean > 0 else "worse"
    elif "zero is worse" in slips and words == "cannot tell":
        words = "worse"
    elif "never worse" in slips and words == "worse":
        words = "cannot tell"
    return (high, low, words) if "exchanged" in slips else (low, high, words)


TASK = Task(
    key="interval",
    title="An interval and its verdict",
    answer="interval",
    hints=(
        "The runs are pairs. What is there one number of for each seed?",
        "Mean of the differences ± t · their standard deviation / √n, with Student's t for n − 1.",
        "`scipy.stats.ttest_rel(bn, plain).confidence_interval()`; an interval around 0 says that "
        "it cannot be told.",
    ),
    see=PAIRED, points=5, minutes=20, returns=("low", "high", "verdict"), truth=truth, twin=twin,
    probes=probes,
    slips=(
        Slip("unpaired", "Runs with the same seed are pairs, which are not used here.", PAIRED),
        Slip("normal", "With 5 runs 1.96 is too small: take Student's t for n − 1.", PAIRED),
        Slip("two", "With 5 runs 2 is too small: take Student's t for n − 1.", PAIRED),
        Slip("no factor", "That is one standard error on each side: multiply it by Student's t for "
             "n − 1.", PAIRED),
        Slip("spread", "That is where single runs lie. The mean's error is smaller by √n.", PAIRED),
        Slip("no spread", "The standard deviation of the differences is left out.", PAIRED),
        Slip("by n", "The standard deviation is divided by n; the mean's error is smaller by √n.",
             PAIRED),
        Slip("exchanged", "First the lower end, then the upper.", PAIRED, 0.75),
        Slip("never worse", "An interval below 0 says “worse”.", PAIRED, 0.75),
        Slip("biased", "The standard deviation is divided by n; divide by n − 1.",
             "theory/estimates#sec-est-variance"),
        Slip("one-sided", "An interval of 90 %: with 95 % there are 2.5 % on each side.", PAIRED),
        Slip("sign", "That is the difference plain − bn.", PAIRED),
        Slip("zero is worse", "An interval that holds 0 does not say “worse”: it cannot be told.",
             PAIRED),
        Slip("by mean", "The verdict looks at the mean alone, not at the interval.", PAIRED),
    ),
)  # fmt: skip
