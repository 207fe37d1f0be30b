"""Layers that work channel by channel: S of them are one layer with S times the channels."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.surgery.frozen import FrozenBatchNorm
from bnutils.wide.stacking import stack_layer

COUNTS = ("num_features", "in_channels", "out_channels", "groups")  # S times those of one layer


class WideLayer(nn.Module):
    """S layers as ``wide``, a layer of the same type over S·C channels.

    ``wide`` takes over the weights and statistics, put one after another along their first
    dimension; one without dimensions, such as a count of batches, is shared.
    Images [B, S·C, H, W] pass as they are, vectors [S, C, B] as one sample [1, S·C, B].
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.wide = wide = deepcopy(layers[0])
        for name in COUNTS:
            if hasattr(wide, name):
                setattr(wide, name, len(layers) * getattr(wide, name))
        for name, value in [*wide.named_parameters(), *wide.named_buffers()]:
            if value.dim():
                value.data = torch.cat([getattr(layer, name).detach() for layer in layers])

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.wide(x) if x.dim() == 4 else self.on_vectors(x)
        return y

    def on_vectors(self, x: Tensor) -> Tensor:
        y: Tensor = self.wide(x.reshape(1, -1, x.shape[2]))  # [1, S·C, B]
        return y.view(x.shape)

    def weights(self) -> list[Tensor]:
        """The kernels [S·out, in, k, k] of a convolution; none for other layers."""
        return [self.wide.weight] if isinstance(self.wide, nn.Conv2d) else []

    def write_back(self, layers: Sequence[nn.Module]) -> None:
        """Copy weights and statistics into the layers this one was made of."""
        for name, value in self.wide.state_dict().items():
            parts = [value] * len(layers) if value.dim() == 0 else value.chunk(len(layers))
            for layer, part in zip(layers, parts, strict=True):
                layer.state_dict()[name].copy_(part)


class WideGhost(WideLayer):
    """S ghost layers as one, which divides the samples of vectors [S·C, B] into groups."""

    def on_vectors(self, x: Tensor) -> Tensor:
        y: Tensor = self.wide(x.flatten(0, 1).mT)  # [B, S·C]
        return y.mT.reshape(x.shape)


def stack_channels(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """The rule for layers that treat every channel alike and count them under ``COUNTS``."""
    return WideLayer(layers)


for kind in (
    *(BatchNorm1d, BatchNorm2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.Conv2d),
    *(BatchRenorm1d, FrozenBatchNorm, SyncBatchNorm1d),
):
    stack_layer.register(kind, stack_channels)
stack_layer.register(GhostBatchNorm1d, lambda first, layers: WideGhost(layers))
