"""Where a piece of code comes from: this library, an installed package or the reader's files."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
import types
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from bnutils.sweeps.imports import Package

LIBRARY = "bnutils"
PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})


@cache
def code_origin(module: str) -> str | None:
    """What decides how the code of a module works, None for a file of the reader's own.

    For a module of this library, or a name in one, that is a digest of the sources that run when it
    is imported; for another installed package its version. Nothing is executed.
    """
    top = module.partition(".")[0]
    if top == LIBRARY and top in sys.modules:
        return library_digest(module)
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return f"python {sys.version_info.major}.{sys.version_info.minor}"
    if top == "__main__" or not (file := module_file(top)):
        return None
    return package_version(top) if PACKAGE_FOLDERS & set(Path(file).parts) else None


def import_origin(module: str) -> str | None:
    """`code_origin`, or a digest of the file where that is the reader's own; None without any."""
    origin = code_origin(module)
    file = module_file(module) if origin is None else None
    return source_digest(Path(file)) if file and file.endswith(".py") else origin


def module_file(module: str) -> str | None:
    """The source file of a module that need not be imported yet; None where there is none."""
    if module in sys.modules:
        return getattr(sys.modules[module], "__file__", None)
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return spec.origin if spec else None


def package_version(top: str) -> str:
    """The version of the distribution that a package belongs to."""
    try:
        return f"{top} {version(top)}"
    except PackageNotFoundError:
        names = sorted(set(packages_distributions().get(top, [])))
        return " ".join(f"{name} {version(name)}" for name in names) or f"{top} unknown"


def named_by_package(thing: object) -> str | None:
    """The name and version of a module, or of a function that is not written in Python."""
    home: Any
    name: Any
    if inspect.ismodule(thing):
        home, name = thing.__name__, ""
    elif inspect.isroutine(thing) or isinstance(thing, np.ufunc):
        owner = getattr(thing, "__self__", None) or getattr(thing, "__objclass__", None)
        kind = owner if isinstance(owner, type | types.ModuleType) else type(thing)
        outer = getattr(kind, "__module__", None) or getattr(kind, "__name__", "")
        home = getattr(thing, "__module__", None) or outer
        name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", "")
    else:
        return None
    origin = code_origin(home)
    return None if origin is None and not inspect.ismodule(thing) else f"{home} {name} {origin}"


@cache
def library_digest(name: str) -> str:
    """A digest of the modules of this library that run when a dotted name of it is imported.

    Comments, docstrings and layout do not count.
    """
    package = Package(Path(sys.modules[LIBRARY].__path__[0]))
    needed = sorted(package.needed_for([name]).items())
    text = "".join(f"{module} {source_digest(file)}\n" for module, file in needed)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@cache
def source_digest(path: Path) -> str:
    """A digest of what a Python file says, without comments, docstrings and layout."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                del node.body[0]
    return hashlib.blake2b(ast.dump(tree).encode(), digest_size=16).hexdigest()
