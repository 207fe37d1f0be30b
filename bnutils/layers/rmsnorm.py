"""RMSNorm as PyTorch has it, with the rule by which many train side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnutils.wide.stacking import stack_layer


class RMSNorm(nn.RMSNorm):
    """PyTorch's ``RMSNorm``, x / √(mean of x² + ε) · γ for each sample, unchanged.

    The mean is over the last dimensions, ``normalized_shape``. The class exists so that processes
    that receive a network know how to stack it.
    Source: Zhang and Sennrich (2019), equation 4.
    """


class StackedRMSNorm(nn.Module):
    """S RMSNorms of one dimension on vectors [S, C, B]."""

    def __init__(self, layers: Sequence[RMSNorm]) -> None:
        super().__init__()
        first = layers[0]
        self.eps = first.eps
        self.weight: nn.Parameter | None = None
        if first.elementwise_affine:
            values = torch.stack([layer.weight.detach() for layer in layers])[:, :, None]
            self.weight = nn.Parameter(values, requires_grad=first.weight.requires_grad)

    def forward(self, x: Tensor) -> Tensor:
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        x_hat = x * (x.square().mean(1, keepdim=True) + eps).rsqrt()  # [S, C, B]
        return x_hat if self.weight is None else x_hat * self.weight

    def write_back(self, layers: Sequence[RMSNorm]) -> None:
        """Copy gamma into the layers this one was made of."""
        if self.weight is not None:
            for layer, value in zip(layers, self.weight, strict=True):
                layer.weight.data.copy_(value[:, 0])


@stack_layer.register
def _(first: RMSNorm, layers: Sequence[RMSNorm]) -> nn.Module:
    if len(first.normalized_shape) > 1:
        raise TypeError("no rule to stack an RMSNorm over several dimensions; use one")
    return StackedRMSNorm(layers)
