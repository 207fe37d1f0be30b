"""Layers that work channel by channel: S of them are one layer with S times the channels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class WideLayer(nn.Module):
    """S layers as ``wide``, a layer of the same type over S·C channels.

    ``wide`` takes over the weights and statistics, put one after another along their first
    dimension; one without dimensions, such as a count of batches, is shared.
    Images [B, S·C, H, W] pass as they are, vectors [S, C, B] as one sample [1, S·C, B].
    """

    def __init__(self, wide: nn.Module, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.wide = wide
        self.replicas = len(layers)
        states = [layer.state_dict() for layer in layers]
        merged = {
            name: value if value.dim() == 0 else torch.cat([state[name] for state in states])
            for name, value in states[0].items()
        }
        wide.to(next((v.dtype for v in merged.values() if v.is_floating_point()), None))
        for name in [name for name, _ in wide.named_parameters() if name not in merged]:
            setattr(wide, name, None)  # the layers have none, be it beta or gamma
        wide.load_state_dict(merged)
        frozen = {name for name, p in layers[0].named_parameters() if not p.requires_grad}
        for name, parameter in wide.named_parameters():
            parameter.requires_grad_(name not in frozen)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            y: Tensor = self.wide(x)
            return y
        replicas, channels, batch = x.shape
        flat = x.reshape(1, replicas * channels, batch)  # [1, S·C, B]
        y = self.wide(flat)
        return y.view(replicas, channels, batch)

    def weights(self) -> list[Tensor]:
        """The kernels [S·out, in, k, k] of a convolution; none for other layers."""
        return [self.wide.weight] if isinstance(self.wide, nn.Conv2d) else []

    def write_back(self, layers: Sequence[nn.Module]) -> None:
        """Copy weights and statistics into the layers this one was made of."""
        for name, value in self.wide.state_dict().items():
            parts = [value] * len(layers) if value.dim() == 0 else value.chunk(len(layers))
            for layer, part in zip(layers, parts, strict=True):
                layer.state_dict()[name].copy_(part)
