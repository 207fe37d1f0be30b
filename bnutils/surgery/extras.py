"""What an instance of a layer carries beyond its type: what one made anew would lack."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Sequence
from functools import cache
from types import CodeType
from typing import Any

from torch import Tensor, nn

INSIDE = ("training", "_parameters", "_buffers", "_modules", "_is_full_backward_hook")
BARE = {name: value for name, value in vars(nn.Module()).items() if name not in INSIDE}


def extras(layer: nn.Module) -> Iterator[str]:
    """What a layer carries beyond what its class gives it, in words; nothing where it is plain.

    Hooks, methods, attributes, parameters, buffers or layers of its own, and tensors outside
    these, as pruning leaves them.
    """
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
