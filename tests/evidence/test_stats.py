"""Intervals against SciPy's own and tabulated values, and the words they lead to."""

import re
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
    written,
)
from tests.evidence.made import made, made_ratio


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
    assert interval.side() == 0


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
        (made_ratio(0.4288, 1.1865), 1, "0.43 0.36 0.51"),
        (made(12.35, 3.15), 0, "12 9 16"),
        (made(0.4, 0.2), 0, "0.40 0.20 0.60"),
        (made(1.5, 0.496), 1, "1.500 1.004 1.996"),
        (made(-0.001, 0.3), 0, "0.0 −0.3 0.3"),
        (made(2e-9, 1e-9), 0, "2~·~10⁻⁹ 1~·~10⁻⁹ 3~·~10⁻⁹"),
        (mean_interval([0.25] * 8), 0, "0.25 0.25 0.25"),
    ],
)
def test_writes_as_many_digits_as_the_interval_tells(interval, reference, words):
    spec = interval_spec(interval, reference)
    ends = (interval.mean, interval.low, interval.high)
    assert " ".join(written(end, spec) for end in ends) == words.replace("~", "\xa0")


@pytest.mark.parametrize(
    ("interval", "spec", "words"),
    [
        (made(97.6, 0.2), ".2f", "97.60~±~0.20"),
        (made(97.6, 0.2, n=16), ".1f", "97.6~±~0.2, n~=~16"),
        (made(-0.31, 0.04), ".0f", "−0.31~±~0.04"),  # the width is not nothing
        (made(-0.04, 0.31), ".1f", "0.0~±~0.3"),  # a rounded zero has no sign
        (made(1.134, 0.283), "+.2f", "+1.13~±~0.28"),
        (made(1.134, 0.283), "", "1.13~±~0.28"),
        (made(3e-7, 1e-7), ".2f", "3~·~10⁻⁷~±~1~·~10⁻⁷"),
        (made_ratio(0.3, 1.65), ".2f", "×0.30~[0.18,~0.49]"),
        (made_ratio(0.3, 20, n=5), ".1f", "×0.30~[0.01,~6.00], n~=~5"),  # no ratio is 0
        (Interval(5.0, 4.0, 7.0, (4.0,) * 4 + (6.0,) * 4), ".1f", "5.0~[4.0,~7.0]"),
        (mean_interval([0.25] * 16), ".2f", "0.25 in all 16 runs"),
        (mean_interval([np.nan, 1.0]), ".2f", "no interval: a value is not finite"),
    ],
)
def test_an_interval_is_written_like_a_number(interval, spec, words):
    assert format(interval, spec) == words.replace("~", "\xa0")


@pytest.mark.parametrize(
    ("difference", "settings", "words"),
    [
        (made(1.13, 0.28), {"spec": ".2f"}, "+1.13~±~0.28 points"),
        (made(-0.4, 0.2), {"unit": ""}, "−0.4~±~0.2"),
        (made(-0.4, 0.2), {"unit": "%"}, "−0.4~±~0.2~%"),
        (made(0.5, 0.9), {}, "undecided: +0.5~±~0.9 points"),
        (made(0.5, 0.9, n=16), {}, "undecided: +0.5~±~0.9 points, n~=~16"),
        (made(0.1, 0.047), {"delta": 0.5}, "no difference beyond 0.15 points"),
        (made(-0.1, 0.3), {"delta": 0.5}, "no difference beyond 0.4 points"),
        (made(0.1, 0.047), {"delta": 0.1471}, "no difference beyond 0.1471 points"),
        (made(0.1, 0.06), {"delta": 0.15}, "+0.10~±~0.06 points"),
        (made_ratio(0.3, 1.65), {"spec": ".2f"}, "×0.30~[0.18,~0.49]"),
        (made_ratio(1.02, 1.2), {"spec": ".2f"}, "undecided: ×1.02~[0.85,~1.22]"),
        (made_ratio(1.0, 1.021), {"delta": 1.05}, "no change beyond a factor of 1.03"),
        (made_ratio(0.98, 1.02), {"delta": 1.05}, "no change beyond a factor of 1.05"),
        (mean_interval([0.3] * 8), {"delta": 0.5}, "undecided: +0.3 points in all 8 runs"),
        (mean_interval([0.3, np.nan]), {"delta": 0.5}, "undecided: a value is not finite"),
    ],
)
def test_a_verdict_stands_after_a_colon(difference, settings, words):
    assert verdict(difference, **settings) == words.replace("~", "\xa0")


@pytest.mark.parametrize("mean", [0.86001, 0.9, 0.94, 0.95, 1.0])
def test_what_is_decided_never_reads_as_if_it_touched_zero(mean):
    number = r"\+([\d.]+)\xa0±\xa0([\d.]+)"
    shown, half = map(float, re.search(number, verdict(made(mean, 0.86, n=30))).groups())
    assert shown - half > 0
    low = re.search(r"\[([\d.]+),", verdict(made_ratio(1 + mean, 1.859), spec=".0f"))[1]
    assert float(low) > 1


@pytest.mark.parametrize(
    ("number", "spec", "words"),
    [
        (-0.5, ".1f", "−0.5"), (-0.04, "+.1f", "0.0"), (0.0, ".0e", "0"), (3e-7, ".0e", "3~·~10⁻⁷"),
        (-1.5e12, ".2g", "−1.5~·~10¹²"), (2.5, ".1e", "2.5"), (float("nan"), ".1f", "nan"),
    ],
)  # fmt: skip
def test_numbers_have_no_marks_of_a_machine(number, spec, words):
    assert written(number, spec) == words.replace("~", "\xa0")


@pytest.mark.parametrize(
    ("things", "words"),
    [([], "none"), ([2], "2"), ([2, 4], "2 and 4"), (range(2, 5), "2, 3 and 4")],
)
def test_lists_things_in_words(things, words):
    assert listed(things) == words


@pytest.mark.parametrize("shape", [(5, 4), (1, 5), (5, 1), (5, 1, 3), ()])
@pytest.mark.parametrize(
    "compare",
    [mean_interval, *(partial(two, b=np.ones(5)) for two in (paired_difference, ratio, log_ratio))],
)
def test_values_of_one_run_are_not_taken_for_runs(compare, shape):
    with pytest.raises(ValueError, match=r"one value for each run, \[n\], got \[.*average first"):
        compare(np.ones(shape))


@pytest.mark.parametrize("values", [[0.97] * 8, [0.0] * 8, [-0.1] * 8, 1.2 + 1e-15 * np.arange(8)])
def test_equal_runs_judge_nothing_where_the_resolution_is_unknown(values):
    found = mean_interval(values)
    assert found.mean == values[0] and found.n == len(values)
    assert not found.has_width and found.side(-9.0) == found.side(9.0) == 0
    assert verdict(found).startswith("undecided")


def test_a_resolution_is_added_on_both_sides():
    equal = mean_interval([0.3] * 8, resolution=0.1)
    assert (equal.low, equal.high) == pytest.approx((0.25, 0.35)) and equal.has_width
    assert [equal.side(at) for at in (0.2, 0.26, 0.34, 0.4)] == [1, 0, 0, -1]
    values = np.random.default_rng(0).normal(size=8)
    exact, coarse = mean_interval(values), mean_interval(values, resolution=0.5)
    assert coarse.mean == exact.mean
    assert (exact.low - coarse.low, coarse.high - exact.high) == pytest.approx((0.25, 0.25))
    assert paired_difference(values, 0 * values, resolution=0.5) == coarse
    with pytest.raises(ValueError, match="resolution is -1; give the step of the measure, or 0"):
        mean_interval(values, resolution=-1)


def test_an_interval_is_scaled_with_its_runs():
    found = made(2, 1).times(3)
    again = mean_interval(found.runs)
    assert (found.mean, found.low, found.high) == pytest.approx((again.mean, again.low, again.high))
    with pytest.raises(ValueError, match="factor is -1; give a positive number"):
        made(2, 1).times(-1)
