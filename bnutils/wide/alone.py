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
        """The matrices of linear layers and the kernels of convolutions.

        Where such a one is made of other parameters, by pruning say, it is those that count.
        """
        kinds = (nn.Linear, nn.Conv2d)
        layers = [layer for layer in self.net.modules() if isinstance(layer, kinds)]
        held = [p for layer in layers for p in layer.parameters() if p.dim() >= 2]
        return list(dict.fromkeys(held))
