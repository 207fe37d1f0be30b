"""Which arguments make a layer: told from the names and defaults of a signature."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bnutils.practice.diagnosis import words


def argument_lists(make: Callable[..., Any], channels: int, rank: int) -> Iterator[dict[str, Any]]:
    """Arguments to try: the unknown required one, or the one that sounds so, is the width."""
    every = signature(make)
    needed = [name for name, p in every.items() if p.default is p.empty]
    by_name = [name for name in every if words.one_of(name, words.CHANNELS)]
    width = next((name for name in needed if name in by_name), None)
    if width is None:
        width = next((name for name in needed if not _known(name)), None)
    if width is None and not needed and by_name:
        width = by_name[0]
    sizes: list[Any] = [channels] if width else [None]
    if width and "shape" in width:
        sizes += [(channels,), (1, channels, *[1] * (rank - 2))]
    asks_rank = any(words.one_of(name, words.RANK) for name in needed)
    for size, dims in itertools.product(sizes, (rank, rank // 2) if asks_rank else (rank,)):
        arguments = {name: _guess(name, channels, dims) for name in needed if name != width}
        yield arguments | ({width: size} if width else {})


def default(make: Callable[..., Any], names: frozenset[str]) -> float | None:
    """The default that the signature of ``make`` gives to an argument among ``names``."""
    for name, parameter in signature(make).items():
        if words.one_of(name, names) and type(parameter.default) in (float, int):
            return float(parameter.default)
    return None


def signature(make: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}
    no = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in parameters.items() if p.kind not in no}


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
