"""Many networks of one architecture as one wide network, trained side by side.

A small network leaves the processor waiting for Python. S of them share every call: weights
become [S, in, out], and batch normalization runs over S·C channels. Nothing mixes: replica s of
the stack computes what network s would compute alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.batchnorm import BatchNorm1d

ELEMENTWISE = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.Identity)


class StackedLinear(nn.Module):
    """S linear layers: [S, B, in] to [S, B, out]."""

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.stack([x.weight.detach().T for x in layers])
        )  # [S, in, out]
        biases = [x.bias.detach()[None] for x in layers if x.bias is not None]
        self.bias = nn.Parameter(torch.stack(biases)) if biases else None  # [S, 1, out]

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)

    def write_back(self, layers: Sequence[nn.Linear]) -> None:
        for index, layer in enumerate(layers):
            layer.weight.data.copy_(self.weight[index].T)
            if self.bias is not None:
                layer.bias.data.copy_(self.bias[index, 0])


class StackedBatchNorm(nn.Module):
    """S batch normalizations of C channels as one of S·C: [S, B, C] to [S, B, C]."""

    def __init__(self, layers: Sequence[BatchNorm1d | nn.BatchNorm1d]) -> None:
        super().__init__()
        first = layers[0]
        self.norm = type(first)(
            len(layers) * first.num_features,
            first.eps,
            first.momentum,
            first.affine,
            first.track_running_stats,
        )
        states = [layer.state_dict() for layer in layers]
        merged = {
            name: value if value.dim() == 0 else torch.cat([state[name] for state in states])
            for name, value in states[0].items()
        }
        self.norm.to(next(iter(merged.values())).dtype if merged else torch.float32)
        self.norm.load_state_dict(merged)

    def forward(self, x: Tensor) -> Tensor:
        replicas, batch, channels = x.shape
        wide = x.transpose(0, 1).reshape(batch, replicas * channels)  # [B, S·C]
        y: Tensor = self.norm(wide)  # [B, S·C]
        return y.view(batch, replicas, channels).transpose(0, 1)  # [S, B, C]

    def write_back(self, layers: Sequence[BatchNorm1d | nn.BatchNorm1d]) -> None:
        for name, value in self.norm.state_dict().items():
            parts = [value] * len(layers) if value.dim() == 0 else value.chunk(len(layers))
            for layer, part in zip(layers, parts, strict=True):
                layer.state_dict()[name].copy_(part)


class StackedSampleNorm(nn.Module):
    """S layers that normalize each sample alone, LayerNorm or GroupNorm: [S, B, C] to the same."""

    def __init__(self, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> None:
        super().__init__()
        first = layers[0]
        self.groups = first.num_groups if isinstance(first, nn.GroupNorm) else 1
        self.eps = first.eps
        self.weight = nn.Parameter(
            torch.stack([x.weight.detach()[None] for x in layers])
        )  # [S,1,C]
        self.bias = nn.Parameter(torch.stack([x.bias.detach()[None] for x in layers]))  # [S, 1, C]

    def forward(self, x: Tensor) -> Tensor:
        grouped = x.unflatten(2, (self.groups, -1))  # [S, B, G, C / G]
        x_hat = F.layer_norm(grouped, grouped.shape[3:], eps=self.eps).flatten(2)  # [S, B, C]
        return x_hat * self.weight + self.bias

    def write_back(self, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> None:
        for index, layer in enumerate(layers):
            layer.weight.data.copy_(self.weight[index, 0])
            layer.bias.data.copy_(self.bias[index, 0])


@singledispatch
def stack_layer(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """Turn one layer of each of S networks into one layer over [S, B, ...]."""
    if isinstance(first, ELEMENTWISE):
        return first
    raise TypeError(
        f"no rule to stack {type(first).__name__}; train the networks one by one, "
        f"or register a rule with @stack_layer.register"
    )


@stack_layer.register
def _(first: nn.Flatten, layers: Sequence[nn.Module]) -> nn.Module:
    return nn.Flatten(start_dim=2)


@stack_layer.register
def _(first: nn.Linear, layers: Sequence[nn.Linear]) -> nn.Module:
    return StackedLinear(layers)


@stack_layer.register(BatchNorm1d)
@stack_layer.register(nn.BatchNorm1d)
def _(first: nn.Module, layers: Sequence[BatchNorm1d | nn.BatchNorm1d]) -> nn.Module:
    return StackedBatchNorm(layers)


@stack_layer.register(nn.LayerNorm)
@stack_layer.register(nn.GroupNorm)
def _(first: nn.Module, layers: Sequence[nn.LayerNorm | nn.GroupNorm]) -> nn.Module:
    return StackedSampleNorm(layers)


def stack(nets: Sequence[nn.Sequential]) -> nn.Sequential:
    """Stack networks of one architecture; [S, B, ...] goes in, [S, B, classes] comes out.

    Raises TypeError for a layer without a rule, ValueError for no networks or different lengths.
    """
    if not nets or len({len(net) for net in nets}) != 1:
        raise ValueError("stack needs at least one network, all of one architecture")
    return nn.Sequential(*(stack_layer(layers[0], layers) for layers in zip(*nets, strict=True)))


def unstack(stacked: nn.Sequential, nets: Sequence[nn.Sequential]) -> None:
    """Write the weights and statistics of a stack back into the networks it was made of."""
    for wide, layers in zip(stacked, zip(*nets, strict=True), strict=True):
        write_back = getattr(wide, "write_back", None)
        if write_back is not None:
            write_back(layers)
