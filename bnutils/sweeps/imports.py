"""Which modules of a package run when a source does, told from the sources alone."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple


class Imports(NamedTuple):
    """Dotted names that a source imports, ``from a import b`` as ``a.b``.

    ``typed`` are those for type checkers alone, with the names they have in the source: there a
    package that loads names when they are asked for says where each is from.
    """

    names: frozenset[str]
    typed: Mapping[str, str]


def read_imports(source: str, package: str = "") -> Imports:
    """The imports of a source; relative ones are resolved against ``package``.

    After ``import a.b``, an attribute ``.c`` anywhere may be ``a.c`` or ``a.b.c``: both count.
    """
    nodes = list(ast.walk(ast.parse(source)))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    checked = {
        inner
        for node in nodes
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    names: set[str] = set()
    typed: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            home = resolve_name("." * node.level + (node.module or ""), package)
            found = {alias.asname or alias.name: f"{home}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found = {alias.name: alias.name for alias in node.names}
            holders = {outer for name in found for outer in _with_parents(name)}
            names |= {f"{outer}.{name}" for outer in holders for name in attributes}
        else:
            continue
        if node in checked:
            typed |= found
        else:
            names |= set(found.values())
    return Imports(frozenset(names), typed)


def _with_parents(name: str) -> Iterable[str]:
    return accumulate(name.split("."), "{}.{}".format)


@cache
def file_imports(file: Path, package: str) -> Imports:
    """The imports of a file, which is read once."""
    return read_imports(file.read_text("utf-8"), package)


@dataclass(frozen=True)
class Package:
    """A Python package read as source: nothing is executed."""

    folder: Path

    def file(self, module: str) -> Path | None:
        """The file of a module, given by its dotted name; None for anything else."""
        top, *inner = module.split(".")
        path = self.folder.joinpath(*inner)
        files = (path / "__init__.py", path.parent / f"{path.name}.py")
        return next((file for file in files if top == self.folder.name and file.is_file()), None)

    def needed_for(self, names: Iterable[str]) -> dict[str, Path]:
        """The modules that run when dotted names are imported, also indirectly, with their files.

        With a module its parents run. A name that a package loads when it is asked for, as
        PEP 562 has it, needs the module it is from, and no other name of the package does.
        """
        used: dict[str, Path] = {}
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in seen or name.split(".")[0] != self.folder.name:
                continue
            seen.add(name)
            parent, _, last = name.rpartition(".")
            waiting.append(parent)
            if file := self.file(name):
                used[name] = file
                waiting += self._imports(name, file).names
            elif file := self.file(parent):
                typed = self._imports(parent, file).typed
                waiting += typed.values() if last == "*" else filter(None, [typed.get(last)])
        return used

    def _imports(self, module: str, file: Path) -> Imports:
        inside = file.name == "__init__.py"
        return file_imports(file, module if inside else module.rpartition(".")[0])
