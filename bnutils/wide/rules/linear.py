"""Linear layers: S of them as one product of stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from bnutils.layers.weight_standardization import WSLinear, standardize
from bnutils.wide.products import product
from bnutils.wide.rules.parameters import StackedParameters
from bnutils.wide.stacking import stack_layer


class StackedLinear(StackedParameters):
    """S linear layers: [S, in, B] to [S, out, B]."""

    weight: nn.Parameter  # [S, out, in]
    bias: nn.Parameter | None  # [S, out, 1]

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__(layers, weight=0, bias=1)

    def forward(self, x: Tensor) -> Tensor:
        y = product(self.used_weight(), x)  # [S, out, B]
        return y if self.bias is None else y + self.bias

    def used_weight(self) -> Tensor:
        """The matrices [S, out, in] that multiply the input."""
        return self.weight

    def weights(self) -> list[Tensor]:
        """The weight matrices [S, out, in]."""
        return [self.weight]


class StackedWSLinear(StackedLinear):
    """S linear layers with standardized weights."""

    def used_weight(self) -> Tensor:
        return standardize(self.weight.flatten(0, 1)).view_as(self.weight)


stack_layer.register(nn.Linear, lambda first, layers: StackedLinear(layers))
stack_layer.register(WSLinear, lambda first, layers: StackedWSLinear(layers))
