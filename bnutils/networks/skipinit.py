"""SkipInit: a residual block that starts as the identity, by one scalar."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnutils.networks.residual import Residual, StackedResidual
from bnutils.wide.stacking import stack_layer


class SkipInit(Residual):
    """A residual block whose branch is multiplied by a learnable scalar, x + α f(x).

    ``alpha`` [] starts at ``alpha_init``, by default 0, so that the block starts as the identity.
    Source: De and Smith (2020), section 4.
    """

    def __init__(self, *layers: nn.Module, alpha_init: float = 0.0) -> None:
        super().__init__(*layers)
        self.alpha_init = alpha_init
        self.alpha = nn.Parameter(torch.tensor(float(alpha_init)))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return x + self.alpha * change

    def extra_repr(self) -> str:
        return f"alpha_init={self.alpha_init}"


class StackedSkipInit(StackedResidual):
    """S blocks with a scalar each, on vectors [S, C, B]."""

    def __init__(self, layers: Sequence[SkipInit]) -> None:
        super().__init__(layers)
        scalars = torch.stack([layer.alpha.detach() for layer in layers])[:, None, None]
        self.alpha = nn.Parameter(scalars, requires_grad=layers[0].alpha.requires_grad)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return torch.addcmul(x, self.alpha, change)

    def write_back(self, layers: Sequence[Residual]) -> None:
        """Copy the scalars and the weights of the branch into the blocks they come from."""
        super().write_back(layers)
        for layer, scalar in zip(layers, self.alpha, strict=True):
            assert isinstance(layer, SkipInit)
            layer.alpha.data.copy_(scalar[0, 0])


@stack_layer.register
def _(first: SkipInit, layers: Sequence[SkipInit]) -> nn.Module:
    return StackedSkipInit(layers)
