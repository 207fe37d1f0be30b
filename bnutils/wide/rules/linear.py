"""S linear layers as one product of stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bnutils.wide.products import product


class StackedLinear(nn.Module):
    """S linear layers: [S, in, B] to [S, out, B]."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        first = layers[0]
        self.weight = nn.Parameter(
            torch.stack([x.weight.detach() for x in layers]),  # [S, out, in]
            requires_grad=first.weight.requires_grad,
        )
        self.bias: nn.Parameter | None = None
        if first.bias is not None:
            biases = torch.stack([x.bias.detach() for x in layers])[:, :, None]  # [S, out, 1]
            self.bias = nn.Parameter(biases, requires_grad=first.bias.requires_grad)

    def forward(self, x: Tensor) -> Tensor:
        y = product(self.weight, x)  # [S, out, B]
        return y if self.bias is None else y + self.bias

    def weights(self) -> list[Tensor]:
        """The weight matrices [S, out, in]."""
        return [self.weight]

    def write_back(self, layers: Sequence[nn.Linear]) -> None:
        """Copy the weights into the layers this one was made of."""
        for index, layer in enumerate(layers):
            layer.weight.data.copy_(self.weight[index])
            if self.bias is not None:
                layer.bias.data.copy_(self.bias[index, :, 0])
