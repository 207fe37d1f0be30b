"""Many networks of one architecture as one wide network, by one rule per type of layer.

A small network leaves the processor waiting for Python. S of them share every call. Nothing
mixes: replica s of the stack computes what network s would compute alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import singledispatch

from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.networks.building import check_separate
from bnutils.wide.dropout import StackedDropout
from bnutils.wide.layout import Enter, Leave, StackedFlatten
from bnutils.wide.plain import check_plain
from bnutils.wide.protocols import Writable
from bnutils.wide.rules.channelwise import WideLayer
from bnutils.wide.rules.linear import StackedLinear
from bnutils.wide.rules.samplewise import StackedSampleNorm

ELEMENTWISE = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Softplus, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
)  # fmt: skip
POOLING = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


@singledispatch
def stack_layer(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """Turn one layer of each of S networks into one over [S, C, B] or [B, S·C, H, W]."""
    if type(first) in ELEMENTWISE + POOLING:  # alike for every channel, and without weights
        return deepcopy(first)
    raise TypeError(
        f"no rule to stack {type(first).__name__}; train the networks one by one "
        f"(fit does so), or register a rule with @stack_layer.register"
    )


@stack_layer.register
def _(first: nn.Sequential, layers: Sequence[nn.Sequential]) -> nn.Module:
    return nn.Sequential(*(stack_alike(x) for x in zip(*layers, strict=True)))


def stack_alike(layers: Sequence[nn.Module]) -> nn.Module:
    """Stack by the rule for this very type: a subclass may compute something else.

    Raises TypeError where there is none, or where it leaves something out.
    """
    rule = stack_layer.registry.get(type(layers[0]), stack_layer.registry[object])
    stacked = rule(layers[0], layers)
    holds = any(True for _ in stacked.state_dict())
    if holds and not isinstance(stacked, (nn.Sequential, Writable)):
        raise TypeError(f"the stack {stacked} has weights or statistics but no method write_back")
    if _trained(stacked) != sum(map(_trained, layers)):
        raise TypeError(f"the stack of {layers[0]} does not train as many values as its layers")
    return stacked


def _trained(layer: nn.Module) -> int:
    return sum(p.numel() for p in layer.parameters() if p.requires_grad)


@stack_layer.register
def _(first: nn.Flatten, layers: Sequence[nn.Flatten]) -> nn.Module:
    if (first.start_dim, first.end_dim) != (1, -1):
        raise TypeError("no rule to stack a Flatten that keeps dimensions; use nn.Flatten()")
    return StackedFlatten(len(layers))


@stack_layer.register
def _(first: nn.Linear, layers: Sequence[nn.Linear]) -> nn.Module:
    return StackedLinear(layers)


@stack_layer.register
def _(first: nn.Dropout, layers: Sequence[nn.Dropout]) -> nn.Module:
    return StackedDropout(first.p, len(layers))


@stack_layer.register
def _(first: nn.Conv2d, layers: Sequence[nn.Conv2d]) -> nn.Module:
    wide = nn.Conv2d(
        len(layers) * first.in_channels,
        len(layers) * first.out_channels,
        first.kernel_size,  # type: ignore[arg-type]
        first.stride,  # type: ignore[arg-type]
        first.padding,  # type: ignore[arg-type]
        first.dilation,  # type: ignore[arg-type]
        groups=len(layers) * first.groups,
        bias=first.bias is not None,
        padding_mode=first.padding_mode,
    )
    return WideLayer(wide, layers)


@stack_layer.register(BatchNorm1d)
@stack_layer.register(BatchNorm2d)
@stack_layer.register(nn.BatchNorm1d)
@stack_layer.register(nn.BatchNorm2d)
def _(first: nn.BatchNorm1d, layers: Sequence[nn.BatchNorm1d]) -> nn.Module:
    wide = type(first)(
        len(layers) * first.num_features,
        first.eps,
        first.momentum,
        track_running_stats=first.track_running_stats,
    )
    return WideLayer(wide, layers)


@stack_layer.register(nn.LayerNorm)
@stack_layer.register(nn.GroupNorm)
def _(first: nn.LayerNorm, layers: Sequence[nn.LayerNorm]) -> nn.Module:
    return StackedSampleNorm(layers)


def stack(nets: Sequence[nn.Sequential]) -> nn.Sequential:
    """Stack networks of one architecture; [S, B, ...] goes in, [S, B, classes] comes out.

    The stack is in training mode where the networks are. Raises TypeError for a layer without a
    rule, a subclass of one with a rule included, for one that is more than a fresh layer of its
    type, see `check_plain`, and for one with weights that stands in a network twice; ValueError
    for no networks or different architectures.
    """
    if not all(isinstance(net, nn.Sequential) for net in nets):
        raise TypeError("no rule to stack networks other than nn.Sequential; train them one by one")
    if not nets or len({str(net) for net in nets}) != 1:
        raise ValueError("stack needs at least one network, all of one architecture")
    check_plain(nets)
    inner = stack_alike(nets)
    assert isinstance(inner, nn.Sequential)
    enter = Enter(flat=isinstance(nets[0][0], nn.Flatten))
    return nn.Sequential(enter, *inner, Leave(len(nets))).train(nets[0].training)


def unstack(stacked: nn.Sequential, nets: Sequence[nn.Sequential]) -> None:
    """Write the weights and statistics of a stack back into the networks it was made of.

    Raises ValueError where these share memory, so that one would be written over the other.
    """
    check_separate(nets)
    inner = [layer for layer in stacked if not isinstance(layer, (Enter, Leave))]
    for wide, layers in zip(inner, zip(*nets, strict=True), strict=True):
        if isinstance(wide, nn.Sequential):
            unstack(wide, layers)
        elif isinstance(wide, Writable):
            wide.write_back(layers)
