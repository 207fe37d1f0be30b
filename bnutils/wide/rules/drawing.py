"""Layers that draw at random: each of S has a source of chance of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import Tensor, nn

from bnutils.wide.layout import merge, split
from bnutils.wide.stacking import stack_layer


class Drawing(nn.Module):
    """A stacked layer in which replica s draws from ``generators[s]`` what it would draw alone."""

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.generators = [torch.Generator().manual_seed(s) for s in range(replicas)]


class Apart(Drawing):
    """S layers as they are, each for its own network: [S, C, B] or [B, S·C, H, W].

    Each draws from torch's generator as if it were alone, whatever the others draw.
    """

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__(len(layers))
        self.layers = nn.ModuleList(map(deepcopy, layers))

    def forward(self, x: Tensor) -> Tensor:
        own = split(x, len(self.layers))  # [S, B, C, ...]
        outputs = []
        for layer, generator, part in zip(self.layers, self.generators, own, strict=True):
            with drawing_from(generator):
                outputs.append(layer(part))  # [B, C, ...]
        return merge(torch.stack(outputs))

    def write_back(self, layers: Sequence[nn.Module]) -> None:
        """Copy weights and statistics into the layers that these are copies of."""
        for layer, own in zip(layers, self.layers, strict=True):
            layer.load_state_dict(own.state_dict())


class StackedDropout(Drawing):
    """S dropouts, with the masks of ``nn.Dropout`` in one network after ``torch.manual_seed``.

    Vectors are [S, C, B], images [B, S·C, H, W].
    """

    def __init__(self, p: float, replicas: int) -> None:
        super().__init__(replicas)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        noise = torch.empty(split(x, len(self.generators)).shape, dtype=x.dtype)  # [S, B, C, ...]
        for part, generator in zip(noise, self.generators, strict=True):
            part.bernoulli_(1 - self.p, generator=generator)
        return x * merge(noise) / (1 - self.p) if self.p < 1 else x * 0


def stack_apart(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """The rule for layers that draw at random: ``stack_layer.register(Noise, stack_apart)``.

    Raises TypeError for layers with matrices, whose gradients would not be measured.
    """
    if any(isinstance(part, nn.Linear | nn.Conv2d) for part in first.modules()):
        raise TypeError(f"stack_apart takes no layer with matrices or kernels, as {first} is")
    return Apart(layers)


def seed_draws(stacked: nn.Module, seeds: Sequence[int]) -> None:
    """Have all layers of a stack that draw share one generator a replica, seeded by ``seeds``."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for module in stacked.modules():
        if isinstance(module, Drawing):
            module.generators = generators


@contextmanager
def drawing_from(generator: torch.Generator) -> Iterator[None]:
    """Let torch's own generator be ``generator`` for a while."""
    before = torch.default_generator.get_state()
    torch.default_generator.set_state(generator.get_state())
    try:
        yield
    finally:
        generator.set_state(torch.default_generator.get_state())
        torch.default_generator.set_state(before)


stack_layer.register(nn.Dropout, lambda first, layers: StackedDropout(first.p, len(layers)))
