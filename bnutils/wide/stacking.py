"""Many networks of one architecture as one wide network, by one rule per type of layer.

A small network leaves the processor waiting for Python. S of them share every call. Nothing
mixes: replica s of the stack computes what network s would compute alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from bnutils.networks.building import check_separate
from bnutils.wide.layout import Enter, Leave
from bnutils.wide.plain import check_plain


@runtime_checkable
class Writable(Protocol):
    """A stacked layer that copies its weights and statistics into the layers it was made of."""

    def write_back(self, layers: Sequence[Any]) -> None:
        """Write into ``layers``, one for each network."""


@runtime_checkable
class Weighted(Protocol):
    """A stacked layer with weights whose gradients are worth a look."""

    def weights(self) -> list[Tensor]:
        """The matrices or kernels, those of all networks one after another."""


@singledispatch
def stack_layer(first: nn.Module, layers: Sequence[nn.Module]) -> nn.Module:
    """Turn one layer of each of S networks into one over [S, C, B] or [B, S·C, H, W].

    A rule for another type: ``stack_layer.register(Kind, rule)``. Its parameters are [S, ...] or
    [S·C, ...], those of the networks one after another: optimizers find them there.
    """
    raise TypeError(
        f"no rule to stack {type(first).__name__}; train the networks one by one (fit does so), "
        f"or register a rule with stack_layer.register({type(first).__name__}, rule)"
    )


stack_layer.register(
    nn.Sequential, lambda _, nets: nn.Sequential(*map(stack_alike, zip(*nets, strict=True)))
)


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
