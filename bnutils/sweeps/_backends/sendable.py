"""What it takes to send code of a notebook, whose modules cannot be imported, elsewhere."""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

Reducer = Callable[[Any], str | tuple[Any, ...]]


@contextmanager
def sendable_code() -> Iterator[None]:
    """Let functions of a notebook be sent together with what pickle refuses by itself.

    That is functions made by functools.cache and, for the WeakKeyDictionary inside, by
    functools.singledispatch, and modules with a class of their own, of which torch has some.
    """
    modules = {type(module) for module in list(sys.modules.values())} - {ModuleType}
    reducers: dict[type, Reducer] = {
        **{kind: _reduced_module for kind in modules if issubclass(kind, ModuleType)},
        type(cache(len)): _reduced_cache,
        WeakKeyDictionary: lambda weak: (WeakKeyDictionary, (dict(weak),)),
    }
    before = {kind: copyreg.dispatch_table.get(kind) for kind in reducers}
    copyreg.dispatch_table.update(reducers)
    try:
        yield
    finally:
        for kind, reducer in before.items():
            copyreg.dispatch_table.pop(kind)
            if reducer is not None:
                copyreg.dispatch_table[kind] = reducer


def check_sendable(things: Iterable[Any]) -> None:
    """Raises TypeError for what cannot be sent to another process."""
    from joblib.externals.loky.backend.reduction import dumps

    for thing in things:
        try:
            dumps(thing)
        except Exception as error:
            raise TypeError(
                f"{thing!r} cannot be sent to other processes: {error}\n"
                "  Expected: a function that refers to plain values, arrays and other functions\n"
                "  What to do: make the rest inside the function, or train in this process: "
                "jobs=1, or BNUTILS_JOBS=1."
            ) from error


def _reduced_module(module: ModuleType) -> tuple[Any, ...]:
    return import_module, (module.__name__,)


def _reduced_cache(function: Any) -> str | tuple[Any, ...]:
    if function.__module__ != "__main__":
        return str(function.__qualname__)
    unbounded = function.cache_parameters()["maxsize"] is None
    return (cache if unbounded else lru_cache), (function.__wrapped__,)
