"""Dynamic tanh against its formula."""

import pytest
import torch

from bnutils.layers.dyt import DyT
from tests.layers.values import CHANNELS, away_from_start, close, double, seeded


def test_dyt_is_its_formula_and_starts_so():
    layer = DyT(CHANNELS, alpha_init=0.75).double()
    x = seeded(5, 3, CHANNELS)
    close(layer(x), torch.tanh(0.75 * x))
    alpha, gamma, beta = away_from_start(layer).parameters()
    close(layer(x), gamma * torch.tanh(alpha * x) + beta)
    close(layer.eval()(x), layer.train()(x))


def test_dyt_of_small_values_is_linear_and_of_large_ones_bounded():
    layer = double(DyT, CHANNELS)
    x = 1e-5 * seeded(5, CHANNELS)
    close(layer(x), layer.weight * layer.alpha * x + layer.bias)
    far = 1e6 * seeded(5, CHANNELS)
    close(layer(far), layer.weight * (layer.alpha * far).sign() + layer.bias)


def test_dyt_names_the_width_it_expects():
    with pytest.raises(ValueError, match=r"expected 4 values a sample, got \(2, 5\)"):
        DyT(CHANNELS)(torch.zeros(2, 5))
