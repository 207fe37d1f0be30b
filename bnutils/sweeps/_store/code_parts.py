"""What the behaviour of functions and classes depends on, taken apart."""

from __future__ import annotations

import dataclasses
import dis
import functools
import inspect
import sys
import types
from collections import namedtuple
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from bnutils.sweeps._store.sources import LIBRARY, code_origin, import_origin

IGNORED_ATTRIBUTES = frozenset(
    {"_abc_impl", "_backward_cls"}  # torch numbers the latter in the order in which they are made
)

# They give access to slots and to the fields of a named tuple, which count by their names.
DESCRIPTORS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    type(vars(namedtuple("_", "field"))["field"]),
)


def function_parts(function: types.FunctionType) -> list[object]:
    """What a function does: where it is from, or its bytecode and all that this refers to."""
    named = code_origin(function.__module__ or "__main__")
    if named is not None and _is_found_by_name(function):
        return [function.__module__, function.__qualname__, named]
    home = function.__globals__.get("__name__") or "__main__"  # decorators change __module__
    origin = code_origin(home)
    code = code_parts(function.__code__, function.__doc__)
    shared = [code, function.__defaults__, function.__kwdefaults__, _closure(function)]
    return [*shared, _globals(function)] if origin is None else [*shared, home, origin]


def _is_found_by_name(function: types.FunctionType) -> bool:
    thing: object = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        thing = getattr(thing, name, None)
    return thing is function


def code_parts(code: types.CodeType, doc: str | None = None) -> list[object]:
    """Bytecode with its constants and names, without its place in a file and its docstring."""
    constants = list(code.co_consts)
    if constants and doc is not None and constants[0] == doc:
        constants[0] = None
    arguments = code.co_argcount + code.co_kwonlyargcount
    return [
        code.co_code,
        code.co_exceptiontable,
        code.co_flags,
        code.co_posonlyargcount,
        code.co_argcount,
        code.co_names,
        code.co_varnames[:arguments],
        code.co_freevars,
        [code_parts(value) if inspect.iscode(value) else value for value in constants],
    ]


def class_parts(cls: type) -> list[object]:
    """What a class is: where it is from, or its bases, methods and attributes."""
    origin = code_origin(cls.__module__)
    if origin is not None:
        return [cls.__module__, cls.__qualname__, origin]
    fields = [
        [field.name, *(None if value is dataclasses.MISSING else value for value in defaults)]
        for field in (dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ())
        for defaults in [(field.default, field.default_factory)]
    ]
    attributes = {name: value for name, value in vars(cls).items() if _counts(cls, name, value)}
    return [cls.__qualname__, list(cls.__bases__), fields, attributes]


def _counts(cls: type, name: str, value: object) -> bool:
    if name in IGNORED_ATTRIBUTES or isinstance(value, DESCRIPTORS):
        return False
    if not (name.startswith("__") and name.endswith("__")):
        return True
    code = getattr(value, "__code__", None)
    generated = dataclasses.is_dataclass(cls) and code and code.co_filename == "<string>"
    return name == "__slots__" or (
        not generated and isinstance(value, types.FunctionType | classmethod | staticmethod)
    )


def wrapped_parts(thing: object) -> list[object] | None:
    """The functions inside a partial, method, property or decorated function; None for others."""
    match thing:
        case types.FunctionType() if hasattr(thing, "registry"):  # by functools.singledispatch
            return [dict(thing.registry)]
        case functools.partial():
            return [thing.func, thing.args, thing.keywords]
        case types.MethodType() | classmethod() | staticmethod():
            return [thing.__func__, getattr(thing, "__self__", None)]
        case property():
            return [thing.fget, thing.fset, thing.fdel]
        case functools.cached_property():
            return [thing.func]
        case functools._lru_cache_wrapper():
            return [thing.__wrapped__]
    return None


def _closure(function: types.FunctionType) -> dict[str, object]:
    found: dict[str, object] = dict.fromkeys(function.__code__.co_freevars)
    for name, cell in zip(found, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not assigned yet
            found[name] = cell.cell_contents
    return found


def _globals(function: types.FunctionType) -> dict[str, object]:
    found: dict[str, object] = {}
    codes = list(_nested(function.__code__))
    attributes = {name for code in codes for name in code.co_names}
    for step in (step for code in codes for step in dis.get_instructions(code)):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in function.__globals__:
            value = function.__globals__[step.argval]
            found[step.argval] = _module_part(value, attributes)
        elif step.opname == "IMPORT_NAME":
            inner = (f"{step.argval}.{name}" for name in sorted(attributes))
            found[f"import {step.argval}"] = [import_origin(step.argval), *map(code_origin, inner)]
    return found


def _module_part(value: Any, attributes: set[str], inside: tuple[Any, ...] = ()) -> object:
    """Of a module of the reader's own or of this library only what is used counts."""
    if not inspect.ismodule(value) or value in inside:
        return value
    if code_origin(value.__name__) is not None and value.__name__.split(".")[0] != LIBRARY:
        return value
    return {
        name: _module_part(getattr(value, name), attributes, (*inside, value))
        for name in sorted(attributes)
        if hasattr(value, name)
    }


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for value in filter(inspect.iscode, code.co_consts):
        yield from _nested(value)
