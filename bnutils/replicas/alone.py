"""One network that no rule can stack, with the shapes of a stack."""

from __future__ import annotations

from torch import Tensor, nn


class Alone(nn.Module):
    """A network as a stack of one: [1, B, ...] to [1, B, classes]; it shares its weights."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net(x[0])
        return y[None]

    def weights(self) -> list[Tensor]:
        """The matrices of linear layers and the kernels of convolutions."""
        kinds = (nn.Linear, nn.Conv2d)
        return [layer.weight for layer in self.net.modules() if isinstance(layer, kinds)]
