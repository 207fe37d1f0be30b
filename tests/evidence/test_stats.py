"""Intervals against SciPy's own and tabulated values, and the words they lead to."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from bnutils.evidence.stats import (
    Interval,
    interval_spec,
    listed,
    log_ratio,
    mean_interval,
    paired_difference,
    ratio,
    verdict,
)


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


def test_ratio_of_a_hand_computed_case():
    # Quotients 2, 4, 8: geometric mean 4; s of the logarithms log 2, t(0.975, 2) = 4.302653
    found = ratio([2, 8, 24], [1, 2, 3])
    factor = 2 ** (4.302653 / 3**0.5)
    assert (found.mean, found.low, found.high, found.n) == pytest.approx(
        (4, 4 / factor, 4 * factor, 3), rel=1e-6
    )


def test_ratios_agree_with_scipys_paired_test_of_logarithms():
    a, b = np.random.default_rng(0).lognormal(size=(2, 8))
    reference = stats.ttest_rel(np.log(a), np.log(b)).confidence_interval(0.95)
    logs, found = log_ratio(a, b), ratio(a, b)
    assert (logs.low, logs.high) == pytest.approx((reference.low, reference.high))
    assert (found.low, found.high) == pytest.approx(tuple(np.exp([reference.low, reference.high])))
    assert found.mean == pytest.approx(stats.gmean(a / b))


def test_swapped_arms_give_the_reciprocal_ratio():
    a, b = [3.0, 5.0, 4.0], [1.0, 2.5, 3.0]
    there, back = ratio(a, b), ratio(b, a)
    assert (there.mean, there.low, there.high) == pytest.approx(
        (1 / back.mean, 1 / back.high, 1 / back.low)
    )


@pytest.mark.parametrize("compare", [ratio, log_ratio])
def test_ratios_refuse_what_has_no_logarithm(compare):
    with pytest.raises(ValueError, match=r"got -2 in run 1 of b: compare .* by paired_difference"):
        compare([1.0, 1.0], [1.0, -2.0])
    with pytest.raises(ValueError, match="got 0 in run 0 of a"):
        compare([0.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="as many runs in each arm"):
        compare([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="at least 2 runs"):
        compare([1.0], [1.0])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_ratios_of_diverged_runs_are_undefined(value):
    for compare in (ratio, log_ratio):
        found = compare([1.0, value, 2.0], [1.0, 1.0, 1.0])
        assert np.isnan([found.mean, found.low, found.high]).all()
        assert not found.defined
        assert found.n == 3


def test_a_ratio_too_wide_for_numbers_is_not_defined():
    found = ratio([1e-200, 1e200], [1.0, 1.0])
    assert found.high == float("inf")
    assert not found.defined


@pytest.mark.parametrize(
    ("interval", "reference", "words"),
    [
        (Interval(0.4288, 0.3614, 0.5088, 5), 1, "0.43 0.36 0.51"),
        (Interval(12.34, 9.2, 15.5, 5), 0, "12 9 16"),
        (Interval(0.4, 0.2, 0.6, 5), 0, "0.40 0.20 0.60"),
        (Interval(1.5, 1.004, 2.0, 5), 1, "1.500 1.004 2.000"),
        (Interval(-0.001, -0.3, 0.3, 5), 0, "0.0 -0.3 0.3"),
        (Interval(2e-9, 1e-9, 3e-9, 5), 0, "2e-09 1e-09 3e-09"),
        (Interval(0.25, 0.25, 0.25, 5), 0, "0.25 0.25 0.25"),
    ],
)
def test_writes_as_many_digits_as_the_interval_tells(interval, reference, words):
    spec = interval_spec(interval, reference)
    ends = (interval.mean, interval.low, interval.high)
    assert " ".join(format(end, spec) for end in ends) == words


def test_reads_as_a_sentence():
    assert (
        f"{Interval(97.61, 97.4, 97.82, 5):.1f}"
        == "97.6 (95\xa0% interval 97.4 to 97.8, n\xa0=\xa05)"
    )
    up, down, unclear = (
        Interval(0.4, 0.2, 0.6, 5), Interval(-0.4, -0.6, -0.2, 5), Interval(0.1, -0.3, 0.5, 5),
    )  # fmt: skip
    assert verdict(up) == "higher by 0.4 points (95\xa0% interval 0.2 to 0.6, n\xa0=\xa05)"
    assert verdict(down) == "lower by 0.4 points (95\xa0% interval 0.2 to 0.6, n\xa0=\xa05)"
    assert verdict(down, less="smaller", unit="") == (
        "smaller by 0.4 (95\xa0% interval 0.2 to 0.6, n\xa0=\xa05)"
    )
    assert verdict(unclear) == (
        "not distinguishable (difference 0.1 points, 95\xa0% interval −0.3 to 0.5, n\xa0=\xa05)"
    )


@pytest.mark.parametrize(
    ("things", "words"),
    [([], "none"), ([2], "2"), ([2, 4], "2 and 4"), (range(2, 5), "2, 3 and 4")],
)
def test_lists_things_in_words(things, words):
    assert listed(things) == words


def test_an_end_near_zero_never_reads_as_zero():
    near = Interval(0.9, 0.04, 1.7, 5)
    assert verdict(near) == "higher by 0.90 points (95\xa0% interval 0.04 to 1.70, n\xa0=\xa05)"
    below = Interval(0.2, -0.004, 0.41, 5)
    assert "95\xa0% interval −0.004 to 0.410" in verdict(below)
    assert (
        f"{Interval(0.0, -0.01, 0.01, 5):.1f}" == "0.0 (95\xa0% interval 0.0 to 0.0, n\xa0=\xa05)"
    )
    assert verdict(Interval(0.0, 0.0, 0.0, 5)) == (
        "not distinguishable (difference 0.0 points, the same in all 5 runs, which tells no spread)"
    )


@pytest.mark.parametrize("shape", [(5, 4), (2, 5), (5, 1, 3), (2, 2), (0, 3)])
@pytest.mark.parametrize(
    "compare",
    [mean_interval, *(partial(two, b=np.ones(5)) for two in (paired_difference, ratio, log_ratio))],
)
def test_values_of_one_run_are_not_taken_for_runs(compare, shape):
    with pytest.raises(ValueError, match=r"one value for each run, \[n\], got \[.*average first"):
        compare(np.ones(shape))


@pytest.mark.parametrize("shape", [(5,), (1, 5), (5, 1), (1, 5, 1)])
def test_dimensions_of_one_do_no_harm(shape):
    values = np.arange(5.0)
    assert mean_interval(values.reshape(shape)) == mean_interval(values)


@pytest.mark.parametrize("values", [[0.97] * 5, [0.0] * 3, [-0.1] * 7, 1.2 + 1e-15 * np.arange(4)])
def test_equal_runs_judge_nothing(values):
    found = mean_interval(values)
    assert found.mean == values[0] and found.n == len(values)
    assert not found.has_width and not found.excludes_zero
    assert "the same in all" in verdict(found) and "higher" not in verdict(found)
    assert ("not to be judged" in verdict(found)) == (values[0] != 0)


@pytest.mark.parametrize("values", [[np.nan] * 5, [1.0, np.inf], [0.5, np.nan, 0.7]])
def test_what_is_undefined_says_why_it_may_be(values):
    found = mean_interval(values)
    for words in (verdict(found), f"{found:.1f}"):
        assert f"n\xa0=\xa0{len(values)}" in words and "Recipe(test=True)" in words
        assert "nan" not in words and "distinguishable" not in words
