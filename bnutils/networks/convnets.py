"""Small convolutional networks as plain ``nn.Sequential``, with or without normalization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn


def cnn(
    size: int,
    channels: Sequence[int],
    classes: int,
    *,
    pool: bool,
    norm: Callable[[int], nn.Module] | None = None,
    seed: int = 0,
) -> nn.Sequential:
    """Build per layer Conv 3×3, ``norm``, ReLU, then Flatten and Linear.

    Images have ``size`` rows and columns; ``channels`` are those of the images and of the layers.
    Each layer halves the size: with ``pool`` by a MaxPool2d at its end, rounded down, without it
    by a convolution of stride 2, rounded up. ``norm`` maps a number of channels to a layer; where
    one follows, the convolution has no bias. Weights are drawn from N(0, 2 / fan_in), biases are
    0; the same ``seed`` gives the same weights with and without ``norm``. Maps [B, C, H, W] to
    logits [B, classes].
    Raises ValueError where nothing is left of the image. Source: He et al. (2015), eq. 10, for
    the scale.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    left = size  # rows and columns that are left
    for inside, outside in pairwise(channels):
        stride = 1 if pool else 2
        layers.append(nn.Conv2d(inside, outside, 3, stride, padding=1, bias=norm is None))
        layers += [nn.ReLU()] if norm is None else [norm(outside), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pool else []
        left = left // 2 if pool else -(-left // 2)
    if left < 1:
        raise ValueError(f"{len(channels) - 1} layers leave nothing of {size} pixels; take fewer")
    layers += [nn.Flatten(), nn.Linear(channels[-1] * left**2, classes)]
    for layer in layers:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            fan_in = layer.weight[0].numel()
            nn.init.normal_(layer.weight, 0.0, (2 / fan_in) ** 0.5, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def effective_count(maps: torch.Tensor) -> torch.Tensor:
    """How many independent values one image is worth to the mean of a channel, [C].

    ``maps`` [N, C, H, W] are the values of N images. The count is the variance of all values
    divided by the variance of the image means: H·W where values are independent, 1 where all
    values of an image are equal, and more than H·W where they balance one another.
    """
    total = maps.var((0, 2, 3))  # [C]
    between = maps.mean((2, 3)).var(0)  # [C]
    return total / between
