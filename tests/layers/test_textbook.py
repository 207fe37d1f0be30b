"""The shortest layer does what PyTorch's does: outputs, gradients, running statistics."""

import torch
from torch import nn

from bnutils.layers.textbook import TextbookBatchNorm
from tests.layers.values import seeded


def test_the_textbooks_layer_equals_pytorchs_in_both_modes():
    ours, theirs = TextbookBatchNorm(3).double(), nn.BatchNorm1d(3, dtype=torch.float64)
    with torch.no_grad():
        for layer in (ours, theirs):
            layer.weight.copy_(torch.tensor([0.5, 1.0, -2.0]))
            layer.bias.copy_(torch.tensor([0.0, 1.0, 3.0]))
    for training in (True, True, False):
        found = []
        for layer in (ours.train(training), theirs.train(training)):
            x = (3 * seeded(8, 3) - 1).requires_grad_()
            layer.zero_grad()
            y = layer(x)
            (y * seeded(8, 3, seed=1)).sum().backward()
            found.append([y, x.grad, layer.weight.grad, layer.bias.grad])
        torch.testing.assert_close(*found)
        for name in ("running_mean", "running_var"):
            torch.testing.assert_close(getattr(ours, name), getattr(theirs, name))
