"""From what a reader hands in, a class, a function or a layer, to new layers of any width."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.functions import FunctionLayer, is_function_layer
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
        """Layers made in one way after the other, until one can be called."""
        if not self.fresh:
            yield copied(self.source)
            return
        if is_function_layer(self.source):
            yield FunctionLayer(self.source, channels, rank, self.settings)
            return
        for arguments in argument_lists(self.source, channels, rank):
            try:
                layer = self.source(**arguments, **self.settings)
                if layer is None:
                    continue
                yield prepared(layer, channels)
            except (TypeError, ValueError, AttributeError, RuntimeError, IndexError):
                continue

    def accepts(self, names: frozenset[str]) -> str | None:
        """The argument among ``names`` that new layers can be given, if there is one."""
        source = self.source
        if not self.fresh or (isinstance(source, type) and source.__init__ is object.__init__):
            return None
        found = [name for name in _signature(source) if words.one_of(name, names)]
        return found[0] if found else None

    def default(self, names: frozenset[str]) -> float | None:
        return default(self.source if self.fresh else type(self.source), names)

    def gives(self, names: frozenset[str]) -> bool:
        """Whether the reader gave such an argument, with ``functools.partial``."""
        given = self.source.keywords if isinstance(self.source, functools.partial) else {}
        return any(words.one_of(name, names) for name in given)


def default(make: Callable[..., Any], names: frozenset[str]) -> float | None:
    """The default that the signature of ``make`` gives to an argument among ``names``."""
    for name, parameter in _signature(make).items():
        if words.one_of(name, names) and type(parameter.default) in (float, int):
            return float(parameter.default)
    return None


def argument_lists(make: Callable[..., Any], channels: int, rank: int) -> Iterator[dict[str, Any]]:
    """Arguments to try: the unknown required one, or the one that sounds so, is the width."""
    signature = _signature(make)
    needed = [name for name, p in signature.items() if p.default is p.empty]
    by_name = [name for name in signature if words.one_of(name, words.CHANNELS)]
    width = next((name for name in needed if name in by_name), None)
    if width is None:
        width = next((name for name in needed if not _known(name)), None)
    if width is None and not needed and by_name:
        width = by_name[0]
    sizes: list[Any] = [channels] if width else [None]
    if width and "shape" in width:
        sizes += [(channels,), (1, channels) if rank == 2 else (1, channels, 1, 1)]
    asks_rank = any(words.one_of(name, words.RANK) for name in needed)
    for size, dims in itertools.product(sizes, (rank, rank // 2) if asks_rank else (rank,)):
        arguments = {name: _guess(name, channels, dims) for name in needed if name != width}
        yield arguments | ({width: size} if width else {})


def prepared(layer: Any, channels: int) -> Any:
    """``layer``, told of its input where it has one of the usual methods for that."""
    if isinstance(layer, nn.Module):
        return layer
    calls = {"set_input_shape": ((channels,),), "initialize": (None,), "build": ((None, channels),)}
    for name, arguments in calls.items():
        method = getattr(layer, name, None)
        if callable(method):
            few = len(inspect.signature(method).parameters)
            method(*arguments[:few])
    return layer


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


def _known(name: str) -> bool:
    lists = (words.RANK, words.GAMMA, words.BETA, words.EPS, words.MOMENTUM, words.MEAN, words.VAR)
    return any(words.one_of(name, names) for names in lists)


def _guess(name: str, channels: int, rank: int) -> Any:
    for names, value in (
        (words.RANK, rank), (words.EPS, 1e-5), (words.MOMENTUM, 0.1),
        (words.GAMMA | words.VAR, np.ones(channels)), (words.BETA | words.MEAN, np.zeros(channels)),
    ):  # fmt: skip
        if words.one_of(name, names):
            return value
    return None


def _signature(make: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}
    no = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in parameters.items() if p.kind not in no}


def is_torch(layer: Any) -> bool | None:
    """Whether a layer computes with torch; None where it holds nothing that tells."""
    if isinstance(layer, nn.Module):
        return True
    kinds = {isinstance(value, torch.Tensor) for value in arrays(layer).values()}
    return kinds.pop() if len(kinds) == 1 else None
