"""Which names a piece of code binds, imports and uses."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator

BUILTINS = frozenset(dir(builtins)) | {"__name__"}


def bound_names(tree: ast.Module) -> set[str]:
    """Return the names that the code binds at its top level, by import too, but for `_`."""
    table = symtable.symtable(ast.unparse(tree), "code", "exec")
    return {
        symbol.get_name()
        for symbol in table.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported()) and symbol.get_name() != "_"
    }


def used_names(tree: ast.Module) -> set[str]:
    """Return the global names that the code uses, in its functions too, without builtins."""
    table = symtable.symtable(ast.unparse(tree), "code", "exec")
    return set(_used(table, top=True)) - BUILTINS


def _used(table: symtable.SymbolTable, top: bool) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _used(child, top=False)


def imported_names(tree: ast.Module, package: str) -> dict[str, str]:
    """Map the names imported at the top level to what they stand for (`np`: `numpy`).

    Imports from `package` itself are left out.
    """
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.split(".")[0]
                found[alias.asname or target] = target
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            if module.split(".")[0] in {package, "__future__"}:
                continue
            for alias in node.names:
                found[alias.asname or alias.name] = f"{module}.{alias.name}"
    return found
