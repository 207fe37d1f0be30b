"""Feed-forward networks as plain ``nn.Sequential``, with or without a normalization layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn


def mlp(
    sizes: Sequence[int],
    *,
    norm: Callable[[int], nn.Module] | None = None,
    activation: Callable[[], nn.Module] = nn.ReLU,
    norm_last: bool = False,
    std: float | None = None,
    gain: float = 1.0,
    seed: int = 0,
) -> nn.Sequential:
    """Build Flatten, then per hidden layer Linear, ``norm``, ``activation``, then Linear.

    ``sizes`` are the widths from the inputs to the classes; ``norm`` maps a width to a layer.
    ``norm_last`` puts the normalization after the activation. Where a normalization follows, the
    Linear layer has no bias: beta takes its place. Weights are drawn from N(0, ``std``²), by
    default He's std = ``gain``·√(2 / fan_in), biases are 0; the same ``seed`` gives the same
    weights with and without ``norm``. Maps [B, ...] to logits [B, classes].
    Raises ValueError for fewer than two sizes. Source: He et al. (2015), eq. 10, for the scale.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes needs at least the inputs and the classes, got {list(sizes)}")
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = [nn.Flatten()]
    last = len(sizes) - 2
    for index, (fan_in, fan_out) in enumerate(pairwise(sizes)):
        linear = nn.Linear(fan_in, fan_out, bias=norm is None or index == last)
        spread = gain * (2 / fan_in) ** 0.5 if std is None else std
        nn.init.normal_(linear.weight, 0.0, spread, generator=generator)
        if linear.bias is not None:
            nn.init.zeros_(linear.bias)
        layers.append(linear)
        if index < last:
            extras = [activation()] if norm is None else [norm(fan_out), activation()]
            layers.extend(reversed(extras) if norm_last else extras)
    return nn.Sequential(*layers)
