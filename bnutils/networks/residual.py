"""A residual block: the input plus what a branch of layers makes of it."""

from __future__ import annotations

from torch import Tensor, nn


class Residual(nn.Module):
    """The input plus the output of its layers, x + f(x), which must have the shape of x.

    Source: He et al. (2016), equation 1.
    """

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.branch = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return x + change
