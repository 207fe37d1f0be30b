"""Networks that are no more than fresh layers of their types, which is all that a rule knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as torch_modules

from bnutils.networks.building import tensors
from bnutils.surgery.extras import INSIDE, extras

WAY_OUT = "train the networks one by one (fit does so)"


def check_plain(nets: Sequence[nn.Module]) -> None:
    """Raises TypeError unless all layers are plain, and those at one place alike but for values.

    A plain layer has what its class gives it and no more: no hooks, methods, attributes,
    parameters or buffers of its own, no tensors outside these, and the mode of its network.
    """
    if torch_modules._has_any_global_hook():
        raise TypeError(f"no rule to stack networks under hooks on all modules; {WAY_OUT}")
    for net in nets:
        _check_memory(net)
    places = [dict(net.named_modules(remove_duplicate=False)) for net in nets]
    for name, first in places[0].items():
        for own, net in zip(places, nets, strict=True):
            layer: nn.Module | None = own.get(name)
            if layer is None or type(layer) is not type(first):
                raise TypeError(f"no rule to stack {_kind(first)} with {_kind(layer)}; {WAY_OUT}")
            if problem := next(_problems(first, layer, net.training), ""):
                raise TypeError(f"no rule to stack {_kind(layer)} {name} with {problem}; {WAY_OUT}")


def _kind(layer: object) -> str:
    return type(layer).__name__


def _problems(first: nn.Module, layer: nn.Module, training: bool) -> Iterator[str]:
    """What a layer has beyond its type and its network's mode, or else than ``first``."""
    yield from extras(layer)
    if layer.training != training:
        yield "a mode of its own"
    for key, value in vars(first).items():
        if key not in INSIDE and not _equal(value, vars(layer).get(key)):
            yield f"{key}={value} in one network and {vars(layer).get(key)} in another"
    if first.training != layer.training:
        yield "another mode in another network"
    for held in ("_parameters", "_buffers"):
        one, other = vars(first)[held], vars(layer)[held]
        if one.keys() != other.keys() or any(_form(one[k]) != _form(other[k]) for k in one):
            yield f"{held.strip('_')} of different form in different networks"
    for key, value in first._buffers.items():
        if value is not None and value.dim() == 0 and value != layer._buffers[key]:
            yield f"{key}={value} in one network and {layer._buffers[key]} in another"


def _form(value: Tensor | None) -> tuple[Any, ...] | None:
    return value if value is None else (value.shape, value.dtype, value.device, value.requires_grad)


def _equal(one: object, other: object) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # what cannot be compared may differ
        return False


def _check_memory(net: nn.Module) -> None:
    """Raises TypeError where a weight or buffer stands in a network twice."""
    names: dict[int, str] = {}
    for name, value in tensors(net):
        place = value.untyped_storage().data_ptr()
        if place and names.setdefault(place, name) != name:
            raise TypeError(
                f"no rule to stack memory that stands in a network twice, {names[place]} and "
                f"{name}; use two layers, or {WAY_OUT}"
            )
