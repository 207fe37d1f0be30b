"""Blocks with a skip connection: the stack of their branches inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from bnutils.networks.residual import Residual
from bnutils.networks.skipinit import SkipInit
from bnutils.wide.rules.parameters import StackedParameters
from bnutils.wide.stacking import stack_alike, stack_layer, unstack


class StackedResidual(StackedParameters):
    """S residual blocks as one: its branch is the stack of their branches."""

    def __init__(self, layers: Sequence[Residual], **names: int) -> None:
        super().__init__(layers, **names)
        self.branch = stack_alike([layer.branch for layer in layers])

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return x + change

    def write_back(self, layers: Sequence[Any]) -> None:
        """Copy the weights of the branch, and what else there is, into the blocks."""
        super().write_back(layers)
        assert isinstance(self.branch, nn.Sequential)
        unstack(self.branch, [layer.branch for layer in layers])


class StackedSkipInit(StackedResidual):
    """S blocks with a scalar each, on vectors [S, C, B]."""

    alpha: nn.Parameter  # [S, 1, 1]

    def __init__(self, layers: Sequence[SkipInit]) -> None:
        super().__init__(layers, alpha=2)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return torch.addcmul(x, self.alpha, change)


stack_layer.register(Residual, lambda first, layers: StackedResidual(layers))
stack_layer.register(SkipInit, lambda first, layers: StackedSkipInit(layers))
