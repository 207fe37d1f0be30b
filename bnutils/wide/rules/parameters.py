"""Parameters of S layers in one layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn


class StackedParameters(nn.Module):
    """S layers whose parameters lie one after another, [S, ...], under their own names.

    ``names`` are those of the parameters, each with the number of dimensions of size 1 that
    follow: where values are [S, C, B], ``bias=1`` makes [S, C, 1] of a bias [C].
    """

    def __init__(self, layers: Sequence[nn.Module], **names: int) -> None:
        super().__init__()
        for name, ones in names.items():
            first = getattr(layers[0], name)
            if first is None:
                self.register_parameter(name, None)
                continue
            values = torch.stack([getattr(layer, name).detach() for layer in layers])
            values = values[(..., *[None] * ones)]
            self.register_parameter(name, nn.Parameter(values, requires_grad=first.requires_grad))

    def write_back(self, layers: Sequence[Any]) -> None:
        """Copy the parameters into the layers this one was made of."""
        for name, values in self.named_parameters(recurse=False):
            for layer, value in zip(layers, values, strict=True):
                own = getattr(layer, name)
                own.data.copy_(value.view_as(own))
