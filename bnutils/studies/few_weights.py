"""How far does a network get of which only some parameters train?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn

from bnutils.wide.products import product
from bnutils.wide.stacking import stack_layer


def train_only(net: nn.Module, chosen: Collection[nn.Parameter]) -> nn.Module:
    """Freeze every parameter of ``net`` but the ``chosen``; returns ``net``.

    Raises ValueError where one of the chosen is not the network's own.
    """
    wanted = {id(parameter) for parameter in chosen}
    if strangers := wanted - {id(parameter) for parameter in net.parameters()}:
        raise ValueError(f"{len(strangers)} of the chosen parameters are not the network's")
    for parameter in net.parameters():
        parameter.requires_grad_(id(parameter) in wanted)
    return net


class FewWeightsLinear(nn.Module):
    """A linear layer of which ``count`` weights a unit train, at places drawn at random.

    Maps [B, in] to [B, out], without a bias. ``free`` [out, count] are the weights that train,
    ``fixed`` [out, in] are all weights with zeros at their ``places`` [out, count].
    Raises ValueError unless 1 <= ``count`` <= in. After Frankle et al. (2021).
    """

    fixed: Tensor
    places: Tensor

    def __init__(self, linear: nn.Linear, count: int, seed: int) -> None:
        super().__init__()
        if not 1 <= count <= linear.in_features:
            raise ValueError(f"count is {count}: give a number from 1 to {linear.in_features}")
        chance = torch.rand(linear.weight.shape, generator=torch.Generator().manual_seed(seed))
        places = chance.topk(count, dim=1).indices  # [out, count]
        weight = linear.weight.detach()  # [out, in]
        self.free = nn.Parameter(weight.gather(1, places))  # [out, count]
        self.register_buffer("fixed", weight.scatter(1, places, 0.0))  # [out, in]
        self.register_buffer("places", places)  # [out, count]

    def forward(self, x: Tensor) -> Tensor:
        """Return [B, out] for ``x`` [B, in]."""
        weight = self.fixed.scatter(1, self.places, self.free)  # [out, in]
        return x @ weight.mT  # [B, out]

    def extra_repr(self) -> str:
        (out, count), inputs = self.places.shape, self.fixed.shape[1]
        return f"{inputs}, {out}, free={count} a unit"


class StackedFewWeights(nn.Module):
    """S layers with few free weights: [S, in, B] to [S, out, B]."""

    fixed: Tensor
    places: Tensor

    def __init__(self, layers: Sequence[FewWeightsLinear]) -> None:
        super().__init__()
        free = torch.stack([layer.free.detach() for layer in layers])  # [S, out, count]
        self.free = nn.Parameter(free, requires_grad=layers[0].free.requires_grad)
        self.register_buffer("fixed", torch.stack([layer.fixed for layer in layers]))
        self.register_buffer("places", torch.stack([layer.places for layer in layers]))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.fixed.scatter(2, self.places, self.free)  # [S, out, in]
        return product(weight, x)  # [S, out, B]

    def weights(self) -> list[Tensor]:
        """The weights that train [S, out, count]."""
        return [self.free]

    def write_back(self, layers: Sequence[FewWeightsLinear]) -> None:
        """Copy the free weights into the layers this one was made of."""
        for layer, free in zip(layers, self.free, strict=True):
            layer.free.data.copy_(free)


stack_layer.register(FewWeightsLinear, lambda first, layers: StackedFewWeights(layers))
