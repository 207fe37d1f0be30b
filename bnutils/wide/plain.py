"""What a rule for a type cannot know: whatever an instance carries beyond its type."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from types import CodeType
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as torch_modules

INSIDE = ("training", "_parameters", "_buffers", "_modules")
BARE = {name: value for name, value in vars(nn.Module()).items() if name not in INSIDE}
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
            problem = next(_extras(layer, net.training), "") or next(_differences(first, layer), "")
            if problem:
                raise TypeError(f"no rule to stack {_kind(layer)} {name} with {problem}; {WAY_OUT}")


def _kind(layer: object) -> str:
    return type(layer).__name__


def _extras(layer: nn.Module, training: bool) -> Iterator[str]:
    """What a layer carries beyond its type."""
    kind: Any = type(layer)
    attributes, names = _known(kind)
    values = vars(layer)
    yield from (f"{key.strip('_')} of its own" for key in BARE if values[key] != BARE[key])
    extra = values.keys() - BARE.keys() - {*INSIDE} - attributes
    yield from (f"an attribute {key!r} of its own" for key in extra)
    yield from (f"a plain tensor {key!r}" for key in values if isinstance(values[key], Tensor))
    children = {} if isinstance(layer, nn.Sequential) else layer._modules
    held = {*layer._parameters, *layer._buffers, *children}
    yield from (f"{key!r}, which its class does not know" for key in held - names - attributes)
    for key, value in {**layer._parameters, **layer._buffers}.items():
        if value is None:
            continue
        if type(value) is not (nn.Parameter if key in layer._parameters else Tensor):
            yield f"a {type(value).__name__} as {key!r}"
        if value._backward_hooks or value._post_accumulate_grad_hooks:
            yield f"hooks on {key!r}"
    if layer.training != training:
        yield "a mode of its own"


def _differences(first: nn.Module, layer: nn.Module) -> Iterator[str]:
    """In what two layers of one type differ, other than the values of their weights."""
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
    form = None if value is None else (value.shape, value.dtype, value.device, value.requires_grad)
    return form


def _equal(one: object, other: object) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # what cannot be compared may differ
        return False


def _check_memory(net: nn.Module) -> None:
    """Raises TypeError where a weight or buffer stands in a network twice."""
    names: dict[int, str] = {}
    for path, module in net.named_modules(remove_duplicate=False):
        for key, value in {**module._parameters, **module._buffers}.items():
            place = 0 if value is None or nn.parameter.is_lazy(value) else _place(value)
            name = f"{path}.{key}"
            if place and names.setdefault(place, name) != name:
                raise TypeError(
                    f"no rule to stack memory that stands in a network twice, {names[place]} and "
                    f"{name}; use two layers, or {WAY_OUT}"
                )


def _place(value: Tensor) -> int:
    return value.untyped_storage().data_ptr()


@cache
def _known(kind: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that methods of a class set, and all names that stand in them."""
    attributes: set[str] = set()
    names: set[str] = set()
    for base in kind.__mro__[: kind.__mro__.index(nn.Module)]:
        for member in vars(base).values():
            for code in _codes(getattr(inspect.unwrap(member), "__code__", None)):
                steps = dis.get_instructions(code)
                attributes |= {step.argval for step in steps if step.opname == "STORE_ATTR"}
                names |= set(_words(code.co_consts))
    return frozenset(attributes), frozenset(names)


def _codes(code: CodeType | None) -> Iterator[CodeType]:
    if code is not None:
        yield code
        for value in code.co_consts:
            if isinstance(value, CodeType):
                yield from _codes(value)


def _words(constants: Sequence[object]) -> Iterator[str]:
    for value in constants:
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from _words(value)
