"""Where a piece of code comes from: this library, an installed package or the reader's files."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec, resolve_name
from pathlib import Path

LIBRARY = "bnutils"
PACKAGE_FOLDERS = frozenset({"site-packages", "dist-packages"})


@cache
def code_origin(module: str) -> str | None:
    """What decides how the code of a module works, None for a file of the reader's own.

    For a module of this library that is a digest of its source and of all it imports from the
    library; for another installed package its version. Nothing is executed.
    """
    top = module.partition(".")[0]
    if top == LIBRARY and top in sys.modules:
        return library_digest(module)
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return f"python {sys.version_info.major}.{sys.version_info.minor}"
    if top == "__main__" or not (file := module_file(top)):
        return None
    return package_version(top) if PACKAGE_FOLDERS & set(Path(file).parts) else None


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


@cache
def library_digest(module: str) -> str:
    """A digest of a module of this library and of those it imports, directly or not.

    Comments, docstrings and layout do not count. A package stands for its ``__init__`` alone.
    """
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in seen and (path := _library_file(name)):
            seen.add(name)
            waiting += _library_imports(path, name)
    text = "".join(f"{name} {source_digest(_library_file(name))}\n" for name in sorted(seen))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@cache
def source_digest(path: Path | None) -> str:
    """A digest of what a Python file says, without comments, docstrings and layout."""
    tree = ast.parse(path.read_text("utf-8") if path else "")
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                del node.body[0]
    return hashlib.blake2b(ast.dump(tree).encode(), digest_size=16).hexdigest()


def _library_file(module: str) -> Path | None:
    path = Path(sys.modules[LIBRARY].__path__[0]).joinpath(*module.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _library_imports(path: Path, module: str) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            inner = [f"{origin}.{alias.name}" for alias in node.names]
            names = [
                name if name.startswith(f"{LIBRARY}.") and _library_file(name) else origin
                for name in inner
            ]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == LIBRARY)
