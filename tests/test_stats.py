"""Intervals against SciPy's own and tabulated values, and the words they lead to."""

import numpy as np
import pytest
from scipy import stats

from bnutils.stats import Interval, listed, mean_interval, paired_difference, verdict


def test_interval_of_a_textbook_sample():
    # n = 5, mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776 from the table
    interval = mean_interval([1, 2, 3, 4, 5])
    half = 2.7764451 * (2.5**0.5) / 5**0.5
    assert interval.mean == 3
    assert interval.low == pytest.approx(3 - half)
    assert interval.high == pytest.approx(3 + half)
    assert interval.n == 5


def test_agrees_with_scipys_paired_test():
    a, b = np.random.default_rng(0).normal(size=(2, 8))
    reference = stats.ttest_rel(a, b).confidence_interval(0.95)
    interval = paired_difference(a, b)
    assert (interval.low, interval.high) == pytest.approx((reference.low, reference.high))


def test_covers_the_truth_about_95_times_in_100():
    samples = np.random.default_rng(0).normal(loc=2.0, size=(2000, 5))
    covered = np.mean([i.low <= 2.0 <= i.high for i in map(mean_interval, samples)])
    assert 0.935 < covered < 0.965


def test_a_diverged_run_leaves_the_interval_undefined():
    interval = mean_interval([1.0, float("nan"), 2.0])
    assert np.isnan(interval.mean)
    assert not interval.excludes_zero


def test_refuses_one_run_and_uneven_arms():
    with pytest.raises(ValueError, match="at least 2 runs, got 1"):
        mean_interval([1.0])
    with pytest.raises(ValueError, match="as many runs in each arm"):
        paired_difference([1.0, 2.0], [1.0, 2.0, 3.0])


def test_reads_as_a_sentence():
    assert f"{Interval(97.61, 97.4, 97.82, 5):.1f}" == "97.6 (95 % interval 97.4 to 97.8, n = 5)"
    up, down, unclear = (
        Interval(0.4, 0.2, 0.6, 5), Interval(-0.4, -0.6, -0.2, 5), Interval(0.1, -0.3, 0.5, 5),
    )  # fmt: skip
    assert verdict(up) == "higher by 0.4 points (95 % interval 0.2 to 0.6, n = 5)"
    assert verdict(down) == "lower by 0.4 points (95 % interval 0.2 to 0.6, n = 5)"
    assert verdict(down, less="smaller", unit="") == (
        "smaller by 0.4 (95 % interval 0.2 to 0.6, n = 5)"
    )
    assert verdict(unclear) == (
        "not distinguishable (difference 0.1 points, 95 % interval -0.3 to 0.5, n = 5)"
    )


@pytest.mark.parametrize(
    ("things", "words"),
    [([], "none"), ([2], "2"), ([2, 4], "2 and 4"), (range(2, 5), "2, 3 and 4")],
)
def test_lists_things_in_words(things, words):
    assert listed(things) == words


def test_an_end_near_zero_never_reads_as_zero():
    near = Interval(0.9, 0.04, 1.7, 5)
    assert verdict(near) == "higher by 0.90 points (95 % interval 0.04 to 1.70, n = 5)"
    below = Interval(0.2, -0.004, 0.41, 5)
    assert "95 % interval -0.004 to 0.410" in verdict(below)
    assert f"{Interval(0.0, -0.01, 0.01, 5):.1f}" == "0.0 (95 % interval 0.0 to 0.0, n = 5)"
    assert verdict(Interval(0.0, 0.0, 0.0, 5)) == (
        "not distinguishable (difference 0.0 points, 95 % interval 0.0 to 0.0, n = 5)"
    )
