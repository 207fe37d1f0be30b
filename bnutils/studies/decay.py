"""What does weight decay do to weights that a normalization follows?

The ``weight_decay`` of a recipe's optimizer holds for all parameters. Here only the weights of
hidden layers decay, so the decay is part of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bnutils.wide import stack_layer
from bnutils.wide.products import product
from bnutils.wide.rules.linear import StackedLinear


class DecayFunction(torch.autograd.Function):
    """The weight itself; its gradient gets ``share`` times the weight on top."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, share: float) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.share = share
        return weight.view_as(weight)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (weight,) = ctx.saved_tensors
        return grads[0] + ctx.share * weight, None  # like the weight


class DecayedLinear(nn.Linear):
    """A copy of a linear layer, of whose weight each step of `descend` takes away the ``share``.

    For plain SGD with learning rate η and weight decay λ, ``share`` is η·λ, a number between 0
    and 1. `descend` multiplies losses by the learning rate and subtracts the gradient as it is,
    so the decay that the layer adds to the gradient is not multiplied again. The gradient norms
    that a training records contain the decay.
    Raises ValueError for a share outside [0, 1).
    """

    def __init__(self, plain: nn.Linear, share: float) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"share is {share}: give what a step takes away, from 0 to below 1")
        super().__init__(plain.in_features, plain.out_features, plain.bias is not None)
        self.load_state_dict(plain.state_dict())
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` [B, in] to [B, out]."""
        weight: Tensor = DecayFunction.apply(self.weight, self.share)  # [out, in]
        return nn.functional.linear(x, weight, self.bias)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, share={self.share}"


class StackedDecayedLinear(StackedLinear):
    """S decayed linear layers: [S, in, B] to [S, out, B]."""

    def __init__(self, layers: Sequence[DecayedLinear]) -> None:
        super().__init__(layers)
        self.share = layers[0].share

    def forward(self, x: Tensor) -> Tensor:
        y = product(DecayFunction.apply(self.weight, self.share), x)  # [S, out, B]
        return y if self.bias is None else y + self.bias


stack_layer.register(DecayedLinear, lambda first, layers: StackedDecayedLinear(layers))


def decay_hidden(net: nn.Sequential, share: float) -> nn.Sequential:
    """Give every linear layer of ``net`` but the last a decay of ``share`` a step.

    The layers are replaced in place, with the same weights; returns ``net``.
    """
    *hidden, _last = [(i, layer) for i, layer in enumerate(net) if isinstance(layer, nn.Linear)]
    for index, plain in hidden:
        net[index] = DecayedLinear(plain, share)
    return net
