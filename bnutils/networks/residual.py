"""A residual block: the input plus what a branch of layers makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bnutils.wide.stacking import stack_alike, stack_layer, unstack


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


class StackedResidual(nn.Module):
    """S residual blocks as one: its branch is the stack of their branches."""

    def __init__(self, layers: Sequence[Residual]) -> None:
        super().__init__()
        self.branch = stack_alike([layer.branch for layer in layers])

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.branch(x)
        return x + change

    def write_back(self, layers: Sequence[Residual]) -> None:
        """Copy the weights of the branch into those it was made of."""
        assert isinstance(self.branch, nn.Sequential)
        unstack(self.branch, [layer.branch for layer in layers])


@stack_layer.register
def _(first: Residual, layers: Sequence[Residual]) -> nn.Module:
    return StackedResidual(layers)
