"""What is told of answers that are wrong in ways of their own, and of right ones in odd forms."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from bnutils.mistakes import ShortBatchNorm
from bnutils.practice import check
from tests.practice.page import defined


class FixedEps(ShortBatchNorm):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__(channels, 1e-12, momentum)


def test_an_epsilon_that_is_written_into_a_layer_is_not_taken_for_a_choice():
    report = check.layer(FixedEps)
    assert set(report.found) == {"eps-tiny", "eps-ignored"}
    assert report.see == ("implementation/mistakes#sec-mis-eps",)  # once
    assert report.says[0].startswith("ε is too small")  # no capital


class Unprepared(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return self.gamma * x


def test_a_layer_that_cannot_be_made_is_told_by_what_it_raised_and_where():
    told = check.layer(Unprepared).says[0]
    assert "before Module.__init__() call" in told and "`self.gamma = nn.Parameter" in told


def test_what_is_no_layer_is_told_in_words():
    assert check.layer("BatchNorm").says[0].startswith("str has none of the methods forward")


def test_an_assertion_without_a_text_is_no_empty_answer_and_is_told_without_a_colon():
    names: dict = {}
    exec("def hunt(kind):\n    assert False", names)  # which pytest does not rewrite
    report = check.hunt(names["hunt"])
    assert report.status == "raised" and "AssertionError, at line" in report.says[0]


def scaled_in_place(linear, norm):
    a = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = 0 if linear.bias is None else linear.bias
    with torch.no_grad():
        linear.weight *= a[:, None]
        linear.bias = nn.Parameter(a * (bias - norm.running_mean) + norm.bias)
    return linear


def of_a_scaled_weight(linear, norm):
    a = norm.weight.data / torch.sqrt(norm.running_var + norm.eps)
    new = nn.Linear(linear.in_features, linear.out_features)
    bias = 0 if linear.bias is None else linear.bias.data
    new.weight.data = linear.weight.data.mul_(a[:, None])
    new.bias.data = a * (bias - norm.running_mean) + norm.bias.data
    return new


def experiment(data, rates, batch_sizes, seed):
    mended = defined("solution")["experiment"](data, rates, batch_sizes, seed)
    data.train_x -= data.train_x.mean()
    return mended


@pytest.mark.parametrize("answer", [scaled_in_place, of_a_scaled_weight, experiment])
def test_layers_and_data_that_are_overwritten_are_seen(answer):
    report = (check.experiment if answer is experiment else check.fold)(answer)
    assert report.status == "changed" and 0 < report.points < report.of


@pytest.mark.parametrize("stack", [torch.stack, lambda both: np.stack([v.numpy() for v in both])])
def test_values_in_one_array_are_values_too(stack):
    assert check.statistics(lambda x: stack([x.mean(0), x.var(0, correction=0)])).right


def test_a_printed_table_of_student_s_t_is_close_enough():
    def interval(bn, plain):
        d = bn - plain
        half = {5: 2.776, 6: 2.571}[len(d)] * d.std(ddof=1) / len(d) ** 0.5
        low, high = d.mean() - half, d.mean() + half
        return low, high, "better" if low > 0 else "worse" if high < 0 else "cannot tell"

    assert all(check.interval(interval, seed=str(seed)).right for seed in range(40))


class Uncentred(ShortBatchNorm):
    def forward(self, x):
        mean = x.mean(self.averaged(x)) if self.training else self.running_mean
        scale = self.weight / torch.sqrt(
            (self.moments(x)[1] if self.training else self.running_var) + self.eps
        )
        return super().forward(x) + self.along(scale * mean, x)


def test_a_mean_that_is_never_subtracted_says_nothing_of_the_epsilon():
    assert check.layer(Uncentred).found == ("not-centred",)


def test_a_standard_deviation_that_is_left_out_is_seen():
    def interval(bn, plain):
        half = scipy.stats.t.ppf(0.975, len(bn) - 1) / len(bn) ** 0.5
        low, high = np.mean(bn - plain) - half, np.mean(bn - plain) + half
        return low, high, "better" if low > 0 else "worse" if high < 0 else "cannot tell"

    assert check.interval(interval).found == ("no spread",)


def test_more_than_the_one_value_that_is_asked_for_is_counted():
    def normalize(x, eps):
        mean, var = x.mean(0), x.var(0, correction=0)
        return (x - mean) / torch.sqrt(var + eps), mean, var

    assert check.normalize(normalize).says == ("It gives 3 values, expected 1: x_hat.",)
