"""From what a reader hands in, a class, a function or a layer, to new layers of any width."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.arguments import argument_lists, default, signature
from bnutils.practice.diagnosis.functions import FunctionLayer, is_function_layer, kinds
from bnutils.practice.diagnosis.held import array_size, arrays, copied


class CannotCall(Exception):
    """No way was found to make or to call the layer; the text says what was tried."""


@dataclass(frozen=True)
class Maker:
    """Makes layers: ``make(channels, rank)``, where rank is that of the input, 2 or 4.

    ``fresh`` says that they come new, not as copies of a layer that may have been trained.
    ``settings`` are arguments by name; ``named`` those that can be set: eps, momentum.
    """

    source: Any
    fresh: bool = True
    settings: dict[str, Any] = field(default_factory=dict)

    def candidates(self, channels: int, rank: int) -> Iterator[Any]:
        """Layers made in one way after the other, until one can be called.

        Raises what the last way raised, where none made a layer.
        """
        if not self.fresh:
            yield copied(self.source)
            return
        if is_function_layer(self.source):
            for numpy, flat in itertools.product(kinds(self.source), (False, True)):
                if flat or not numpy:
                    yield FunctionLayer(
                        self.source, channels, rank, self.settings, numpy, flat or rank == 2
                    )
            return
        problem, made = None, False
        for arguments in argument_lists(self.source, channels, rank):
            try:
                layer = self.source(**{**arguments, **self.settings})
                if layer is None:
                    continue
            except Exception as error:
                problem = error
                continue
            made = True
            yield from prepared(layer, channels)
        if problem is not None and not made:
            raise problem

    def accepts(self, names: frozenset[str]) -> str | None:
        """The argument among ``names`` that new layers can be given, if there is one."""
        source = self.source
        if not self.fresh:
            return None
        found = [name for name in signature(source) if words.one_of(name, names)]
        return found[0] if found else None

    def default(self, names: frozenset[str]) -> float | None:
        return default(self.source if self.fresh else type(self.source), names)

    def gives(self, names: frozenset[str]) -> bool:
        """Whether the reader gave such an argument, with ``functools.partial``."""
        given = self.source.keywords if isinstance(self.source, functools.partial) else {}
        return any(words.one_of(name, names) for name in given)


def prepared(layer: Any, channels: int) -> Iterator[Any]:
    """``layer``, told of its input in one way after the other where it has a method for that."""
    names = [] if isinstance(layer, nn.Module) else sorted(filter(words.PREPARE.match, dir(layer)))
    for shape in ((channels,), (None, channels), channels, None) if names else ():
        told = copied(layer)
        try:
            for name in reversed(names):  # the input's shape is set before anything is built of it
                method = getattr(told, name)
                method(*[shape] * min(1, len(inspect.signature(method).parameters)))
            yield told
        except Exception:
            continue
    yield layer


def widths(layer: Any) -> list[int]:
    """How many channels a ready layer may have, by the sizes of what it holds."""
    named = [getattr(layer, name, None) for name in ("num_features", "channels", "dim")]
    sizes = [array_size(value) for value in arrays(layer).values()]
    return list(dict.fromkeys(n for n in [*named, *sizes, 4] if isinstance(n, int) and n > 1))


def as_maker(layer: Any, settings: dict[str, Any] | None = None) -> Maker:
    """How layers are made from what was handed in."""
    if isinstance(layer, Maker):
        return layer
    is_plain = inspect.isfunction(layer) or inspect.isclass(layer) or inspect.isbuiltin(layer)
    makes = is_plain or isinstance(layer, functools.partial)
    return Maker(layer, fresh=makes, settings=dict(settings or {}))


def is_torch(layer: Any) -> bool | None:
    """Whether a layer computes with torch; None where it holds nothing that tells."""
    if isinstance(layer, nn.Module):
        return True
    kinds = {isinstance(value, torch.Tensor) for value in arrays(layer).values()}
    return kinds.pop() if len(kinds) == 1 else None
