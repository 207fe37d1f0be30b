"""Wrong answers as beginners write them, not by the twins: each is named, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from bnutils.practice.exercises.catalogue import exercise


def spread(x, eps):
    return torch.sqrt(x.var(0, correction=0) + eps)


def gradients(dy, x, gamma, eps, *, over=1.0, inner=None):
    s = spread(x, eps if inner is None else inner)
    x_hat = (x - x.mean(0)) / s
    dx = over * gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, (dy * x_hat).sum(0), dy.sum(0)


def undivided(dy, x, gamma, eps):
    return gradients(dy, x, gamma, eps, over=spread(x, eps))


def beta_first(dy, x, gamma, eps):
    dx, dgamma, dbeta = gradients(dy, x, gamma, eps)
    return dx, dbeta, dgamma


def one_channel(x, gamma, beta, eps):
    x_hat = (x - x.mean()) / torch.sqrt(x.var(correction=0) + eps)
    return gamma.view(-1, 1, 1) * x_hat + beta.view(-1, 1, 1)


def by_variance(x, gamma, beta, eps):
    over = (0, 2, 3)
    x_hat = (x - x.mean(over, True)) / (x.var(over, correction=0, keepdim=True) + eps)
    return gamma.view(-1, 1, 1) * x_hat + beta.view(-1, 1, 1)


def written_eps(x, gamma, beta, eps):
    over = (0, 2, 3)
    s = torch.sqrt(x.var(over, correction=0, keepdim=True) + 1e-5)
    return gamma.view(-1, 1, 1) * (x - x.mean(over, True)) / s + beta.view(-1, 1, 1)


def before(norm=None):
    first, second = (norm(20), norm(16)) if norm else (nn.Identity(), nn.Identity())
    return nn.Sequential(
        first, nn.Linear(20, 16, bias=not norm), nn.ReLU(),
        second, nn.Linear(16, 12, bias=not norm), nn.ReLU(), nn.Linear(12, 5),
    )  # fmt: skip


def stacked(norm, bias, end):
    layers = []
    for a, b in ((20, 16), (16, 12)):
        layers += [nn.Linear(a, b, bias=bias), norm(b) if norm else nn.Identity(), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(12, 5), *end)


def place(rates, train, validation, test):
    best = int(np.argmax(validation.mean(axis=0)))
    return best, best == 0 or best == 4


def largest_alone(rates, train, validation, test):
    best = np.argmax(validation.mean(axis=0))
    return rates[best], rates[best] == rates[-1]


def by_rows(rates, train, validation, test):
    best = np.argmax(validation.mean(axis=1))
    return rates[best], bool(best in (0, 4))


def no_inner(a, b, eps):
    d = (a - b) / 2
    s = np.sqrt(d**2 + eps)
    return d / s, 1 / s - d**2 / s**3


def by_b(a, b, eps):
    d = (a - b) / 2
    return d / np.sqrt(d**2 + eps), -eps / 2 / (d**2 + eps) ** 1.5


def outside(a, b, eps):
    x = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    x_hat = (x - x.mean()) / (x.std(correction=0) + eps)
    x_hat[0].backward()
    return x_hat[0], x.grad[0]


def folded(weight, bias):
    new = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    new.weight.data = weight
    if bias is not None:
        new.bias.data = bias
    return new


def scale_of(norm):
    return norm.weight.data / torch.sqrt(norm.running_var + norm.eps)


def weight_alone(linear, norm):
    return folded(scale_of(norm)[:, None] * linear.weight.data, None)


def mean_added(linear, norm):
    a, bias = scale_of(norm), 0 if linear.bias is None else linear.bias.data
    return folded(a[:, None] * linear.weight.data, a * (bias + norm.running_mean) + norm.bias.data)


def around(factor):
    def interval(bn, plain):
        d = bn - plain
        half = factor * scipy.stats.sem(d)
        low, high = d.mean() - half, d.mean() + half
        return low, high, "better" if low > 0 else "worse" if high < 0 else "cannot tell"

    return interval


def gradients_by_rows(dy, x, gamma, eps, *, inner=False, times=1.0, slope=1.0):
    s = spread(x, eps)
    x_hat = (x - x.mean(0)) / s
    inward = (dy * x_hat).mean(0) * (1 if inner else x_hat)
    return times * gamma / s * (dy - dy.mean(0) - inward), slope * (dy * x_hat).sum(0), dy.sum(0)


def moved_and_left(x, gamma, beta, eps):
    rows = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    return (gamma * (rows - rows.mean(0)) / spread(rows, eps) + beta).reshape(x.shape)


def rows_of_width(x, gamma, beta, eps):
    rows = x.view(-1, x.shape[1])
    return (gamma * (rows - rows.mean(0)) / spread(rows, eps) + beta).view(x.shape)


def beside_the_root(x, gamma, beta, eps):
    over = (0, 2, 3)
    s = x.std(over, correction=0, keepdim=True) + eps
    return gamma.view(-1, 1, 1) * (x - x.mean(over, True)) / s + beta.view(-1, 1, 1)


def without_beta(x, gamma, beta, eps):
    over = (0, 2, 3)
    s = torch.sqrt(x.var(over, correction=0, keepdim=True) + eps)
    return gamma.view(-1, 1, 1) * (x - x.mean(over, True)) / s


def forgetful(mean, var, x, momentum):
    mean.mul(1 - momentum).add(momentum * x.mean(0))
    var.mul(1 - momentum).add(momentum * x.var(0))
    return mean, var


def in_both(norm=None, bias=False):
    return stacked(nn.BatchNorm1d, bias, [])


def own(norm=None):
    return stacked(nn.BatchNorm1d if norm is not None else None, norm is None, [])


def by_n(bn, plain):
    d = bn - plain
    half = scipy.stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d)
    low, high = d.mean() - half, d.mean() + half
    return low, high, "better" if low > 0 else "worse" if high < 0 else "cannot tell"


def never_worse(bn, plain):
    low, high = scipy.stats.ttest_rel(bn, plain).confidence_interval()
    return low, high, "better" if low > 0 else "cannot tell"


def upper_first(bn, plain):
    low, high = scipy.stats.ttest_rel(bn, plain).confidence_interval()
    return high, low, "better" if low > 0 else "worse" if high < 0 else "cannot tell"


def bias_as_before(linear, norm):
    a, bias = scale_of(norm), linear.bias
    shift = None if bias is None else a * (bias.data - norm.running_mean) + norm.bias.data
    return folded(a[:, None] * linear.weight.data, shift)


ANSWERS = [
    ("statistics", lambda x: (x.mean(0), x.var(0, correction=0) + 1e-5), "eps"),
    ("normalize", lambda x, eps: (x - x.mean(0)) * spread(x, eps), "multiplied"),
    ("normalize", lambda x, eps: (x.mean(0) - x) / spread(x, eps), "turned"),
    ("forward", lambda x, g, b, eps: (x - x.mean(0)) / spread(x, eps) + b, "no gamma"),
    ("forward", lambda x, g, b, eps: (g * (x - x.mean(0)) + b) / spread(x, eps), "beta divided"),
    ("running", lambda m, v, x, a: (0.9 * m + 0.1 * x.mean(0), 0.9 * v + 0.1 * x.var(0)), "fixed"),
    ("running", forgetful, "unchanged"),
    ("backward", lambda dy, x, g, eps: gradients_by_rows(dy, x, g, eps, times=len(x)), "times m"),
    ("backward", lambda dy, x, g, eps: gradients_by_rows(dy, x, g, eps, inner=True), "projected"),
    ("backward", lambda dy, x, g, eps: gradients_by_rows(dy, x, g, eps, slope=g), "gamma twice"),
    ("images", lambda x, g, b, eps: without_beta(x, b, g, eps) + g.view(-1, 1, 1), "swapped"),
    ("images", lambda x, g, b, eps: without_beta(x, g, b, eps) + (g * b).view(-1, 1, 1),
     "beta scaled"),
    ("pick_rates", lambda rates, train, validation, test: (
        rates[validation[-1].argmax()], validation[-1].argmax() in (0, 4)), "luckiest"),
    ("images", moved_and_left, "not put back"), ("images", rows_of_width, "mixed"),
    ("images", beside_the_root, "eps outside"), ("images", without_beta, "no beta"),
    ("network", in_both, "ignored"), ("network", own, "own"),
    ("network", lambda norm=None: stacked(norm or nn.BatchNorm1d, False, []), "always"),
    ("interval", by_n, "by n"), ("interval", never_worse, "never worse"),
    ("interval", upper_first, "exchanged"),
    ("fold", bias_as_before, "no bias alone"), ("fold", lambda linear, norm: linear, "as it was"),
    ("statistics", lambda x: torch.var_mean(x, 0, correction=0), "exchanged"),
    ("statistics", lambda x: (x.mean(0), ((x - x.mean(0)) ** 2).sum(0)), "sum"),
    ("normalize", lambda x, eps: (x - x.mean()) / torch.sqrt(x.var(correction=0) + eps), "all"),
    ("normalize", lambda x, eps: x - x.mean(0) / spread(x, eps), "precedence"),
    ("normalize", lambda x, eps: x - x.mean(0), "not divided"),
    ("forward", lambda x, g, b, eps: g * (x - x.mean()) / (x.var(correction=0) + eps) ** 0.5 + b,
     "all"),
    ("forward", lambda x, g, b, eps: g * (x - x.mean(0)) / spread(x, 1e-5) + b, "no eps"),
    ("forward", lambda x, g, b, eps: g * (x - x.mean(0)) / (spread(x, 0) + eps) + b, "eps outside"),
    ("running", lambda m, v, x, a: ((1 - a) * m + a * x.mean(), (1 - a) * v + a * x.var()), "all"),
    ("running", lambda m, v, x, a: (v + a * (x.var(0) - v), m + a * (x.mean(0) - m)), "exchanged"),
    ("backward", undivided, "no s"), ("backward", beta_first, "exchanged"),
    ("backward", lambda dy, x, gamma, eps: gradients(dy, x, gamma, eps, inner=0), "no eps"),
    ("images", one_channel, "all"), ("images", by_variance, "variance"),
    ("images", written_eps, "no eps"),
    ("network", before, "before"),
    ("network", lambda norm=None: stacked(norm, not norm, [nn.ReLU()]), "last relu"),
    ("network", lambda norm=None: stacked(norm, False, []), "no bias"),
    ("pick_rates", place, "index"), ("pick_rates", largest_alone, "upper edge"),
    ("pick_rates", by_rows, "over rates"),
    ("pair", no_inner, "inner"), ("pair", by_b, "by b"), ("pair", outside, "eps outside"),
    ("fold", weight_alone, "no new bias"), ("fold", mean_added, "mean added"),
    ("interval", around(1.0), "no factor"), ("interval", around(2.0), "two"),
]  # fmt: skip


@pytest.mark.parametrize("activation", [nn.Tanh, nn.Dropout])
def test_networks_that_differ_in_more_than_normalization_are_not_right(activation):
    def network(norm=None):
        net = stacked(norm, norm is None, [])
        if norm is not None:
            net[2] = activation()
        return net

    report = exercise("network").judge(network)
    assert not report.right and activation.__name__ in str(report)


class Applied(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.first, self.last = nn.Linear(20, 16), nn.Linear(16, 5)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)))


def test_what_only_the_forward_of_a_network_does_is_not_called_missing():
    report = exercise("network").judge(Applied)
    assert "linear" not in report.found and "in no `nn.Sequential`" in report._repr_markdown_()


@pytest.mark.parametrize("place", range(len(ANSWERS)))
def test_a_wrong_answer_of_a_beginner_is_named(place):
    key, answer, slip = ANSWERS[place]
    report = exercise(key).judge(answer, seed="beginner")
    assert report.found == (slip,), str(report)
    assert 0 < report.points < report.of


def test_the_structure_of_a_network_is_told_whole_and_in_no_order():
    report = exercise("network").judge(lambda norm=None: stacked(norm, True, [nn.Linear(5, 5)]))
    expected = next(line for line in report.says if line.startswith("Expected"))
    assert expected.endswith("linear 12 to 5 with bias.")
    assert "linear 20 to 16, with normalization of 16 and ReLU; " in expected
