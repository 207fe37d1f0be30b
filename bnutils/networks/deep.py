"""Deep plain networks and the same layers with skip connections around them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from bnutils.networks.residual import Residual


def residual_mlp(
    features: int,
    classes: int,
    *,
    width: int,
    blocks: int,
    block: Callable[..., nn.Module] = Residual,
    norm: Callable[[int], nn.Module] | None = None,
    branch_gain: float = 1.0,
    seed: int = 0,
) -> nn.Sequential:
    """Build Flatten, Linear, ``blocks`` times ``block(norm, ReLU, Linear)``, then ReLU, Linear.

    ``block`` takes the layers of a branch: ``Residual`` or ``SkipInit`` puts a skip connection
    around them, ``nn.Sequential`` none, which gives a plain network of the same layers and the
    same initial weights. These have the standard deviation √(2 / fan_in), in blocks times
    ``branch_gain``; biases are 0; ``norm`` maps a width to a layer. Maps [B, ...] to logits
    [B, ``classes``].
    Source: He et al. (2015), eq. 10, for the scale; the order is that of De and Smith (2020).
    """
    generator = torch.Generator().manual_seed(seed)

    def linear(fan_in: int, fan_out: int, gain: float = 1.0) -> nn.Linear:
        layer = nn.Linear(fan_in, fan_out)
        nn.init.normal_(layer.weight, 0.0, gain * (2 / fan_in) ** 0.5, generator=generator)
        nn.init.zeros_(layer.bias)
        return layer

    layers: list[nn.Module] = [nn.Flatten(), linear(features, width)]
    for _ in range(blocks):
        before = [] if norm is None else [norm(width)]
        layers.append(block(*before, nn.ReLU(), linear(width, width, branch_gain)))
    return nn.Sequential(*layers, nn.ReLU(), linear(width, classes))
