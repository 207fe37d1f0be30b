"""A digest of what things are: equal in every process, other as soon as anything that counts is."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import reprlib
import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import PurePath

import numpy as np
import torch
from torch import nn

from bnutils.sweeps._store.code_parts import class_parts, code_parts, function_parts, wrapped_parts
from bnutils.sweeps._store.sources import code_origin, named_by_package

SPELLED_OUT = (
    *(bool, int, float, complex, str, bytes, range, slice, type(None), type(...)),
    *(np.dtype, torch.dtype, torch.device, typing.TypeVar, types.GenericAlias, types.UnionType),
)


class Digester:
    """Digests (32 hex digits) of things one after another, the same in every process.

    Numbers, strings, containers, namespaces, dataclasses and other objects of classes of your own,
    paths, enums, arrays, tensors and modules of networks count with their content. A function or
    class counts with the code it runs: one of this library with the sources of its module and of
    what this imports; one of another installed package with the package's version; any other,
    such as one of a notebook, with its bytecode and all it refers to. Comments do not count.
    """

    def __init__(self) -> None:
        self._done: dict[int, tuple[object, str]] = {}  # holds the things: no id is used twice
        self._open: list[object] = []

    def digest(self, thing: object) -> str:
        """The digest of one thing; raises TypeError for what has no content to compare."""
        if id(thing) in self._done:
            return self._done[id(thing)][1]
        for distance, other in enumerate(reversed(self._open)):
            if other is thing:
                return f"{distance} up"
        self._open.append(thing)
        kind, content = self._content(thing)
        if isinstance(content, list):
            content = " ".join(map(self.digest, content)).encode()
        total = hashlib.blake2b(kind.encode() + b"\0", digest_size=16)
        total.update(content)
        self._open.pop()
        self._done[id(thing)] = thing, total.hexdigest()
        return total.hexdigest()

    def _content(self, thing: object) -> tuple[str, list[object] | bytes | memoryview]:
        kind = type(thing).__name__
        if (parts := wrapped_parts(thing)) is not None:
            return kind, parts
        if type(thing) in SPELLED_OUT or typing.get_origin(thing) is not None:
            return kind, repr(thing).encode()
        match thing:
            case Enum():
                return "enum", [type(thing), thing.name, thing.value]
            case np.ndarray() | np.generic() if thing.dtype != object:
                array = np.ascontiguousarray(thing)
                return f"array {array.dtype} {thing.shape}", array.reshape(-1).view(np.uint8).data
            case torch.Tensor():
                return f"tensor {thing.dtype} {tuple(thing.shape)}", _bytes_of(thing)
            case PurePath():
                return "path", thing.as_posix().encode()
            case type():
                return "class", self._class_content(thing)
            case tuple() | list():
                return f"{len(thing)} in a row", [*_besides(thing), *thing]
            case set() | frozenset():
                return "set", self._in_any_order(_besides(thing), thing)
            case Mapping():
                return "mapping", self._in_any_order(_besides(thing), thing.items())
            case types.FunctionType():
                return "function", function_parts(thing)
            case types.CodeType():
                return "code", code_parts(thing)
            case nn.Module() | torch.no_grad() | torch.enable_grad() | torch.inference_mode():
                return "object", [type(thing), vars(thing)]
        if (state := _plain_state(thing)) is not None:
            return "object", [type(thing), state]
        if dataclasses.is_dataclass(thing):
            values = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
            return "dataclass", [type(thing), values]
        if (named := named_by_package(thing)) is not None:
            return kind, named.encode()
        raise TypeError(self._complaint(thing))

    def _in_any_order(self, first: list[object], rest: Iterable[object]) -> bytes:
        return " ".join([*map(self.digest, first), *sorted(map(self.digest, rest))]).encode()

    def _class_content(self, cls: type) -> list[object]:
        if issubclass(cls, Enum) and code_origin(cls.__module__) is None:
            return [cls.__qualname__, {member.name: member.value for member in cls}]
        return class_parts(cls)

    def _complaint(self, thing: object) -> str:
        users = [part.__qualname__ for part in self._open if isinstance(part, types.FunctionType)]
        return (
            f"Nothing tells whether this {type(thing).__name__} stays the same: "
            f"{reprlib.repr(thing)}\n"
            f"  Found: {'it is used by ' + ' -> '.join(users) if users else 'it was given'}\n"
            "  Expected: numbers, strings, containers, dataclasses, tensors, functions, classes\n"
            "  What to do: make it inside the function that uses it, from plain values."
        )


def _bytes_of(tensor: torch.Tensor) -> memoryview:
    plain = tensor.detach().cpu().contiguous().reshape(-1)
    return plain.view(torch.uint8).numpy().data


def _besides(thing: object) -> list[object]:
    """What a container of another type than Python's own has besides its elements."""
    if type(thing) in (tuple, list, set, frozenset, dict, types.MappingProxyType):
        return []
    return [type(thing), getattr(thing, "default_factory", None), getattr(thing, "__dict__", {})]


def _plain_state(thing: object) -> dict[str, object] | None:
    """The attributes of a namespace, or of an object whose class is the reader's own in full."""
    bases = type(thing).__mro__[:-1]  # without object
    own = all(code_origin(base.__module__) is None for base in bases)
    if not (own or isinstance(thing, types.SimpleNamespace | argparse.Namespace)):
        return None
    slots = (name for base in bases for name in np.atleast_1d(getattr(base, "__slots__", ())))
    held = {name: getattr(thing, name) for name in map(str, slots) if hasattr(thing, name)}
    return held | getattr(thing, "__dict__", {})
