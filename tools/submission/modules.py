"""The library's modules, cut into blocks that can stand in cells of a notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.submission.errors import Place, SubmissionError
from tools.submission.names import bound_names, imported_names


@dataclass(frozen=True)
class Block:
    """A top-level statement with what stands above it, and the names it defines."""

    names: frozenset[str]
    source: str


@dataclass(frozen=True)
class Module:
    """A module without docstring, exports, and imports from the library itself.

    `needs` maps the names it takes from the library to their modules; `early` are the modules
    that it imports when it is imported, and not in a function; `imports` maps other imported
    names to what they stand for.
    """

    name: str
    file: str
    docstring: str
    blocks: tuple[Block, ...]
    needs: dict[str, str]
    early: frozenset[str]
    imports: dict[str, str]

    @property
    def names(self) -> frozenset[str]:
        own = frozenset(name for block in self.blocks for name in block.names)
        return own - self.imports.keys()


def read_module(root: Path, package: str, name: str) -> Module:
    """Read the module `name` of a package in the folder `root`.

    Raises SubmissionError when there is none, or when it could not run in a notebook.
    """
    path = root.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    file = path.relative_to(root).as_posix()
    if not path.is_file():
        raise SubmissionError(file, f"there is no module {name}", "correct the import")
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    inside = name if path.name == "__init__.py" else name.rpartition(".")[0]
    own = [node for node in ast.walk(tree) if _is_library_import(node, package, file)]
    needs = {
        alias.name: _absolute(node, inside)
        for node in own
        if isinstance(node, ast.ImportFrom)
        for alias in _plain(node, file)
    }
    early = frozenset(
        _absolute(node, inside)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node in own
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "__file__":
            raise SubmissionError(
                Place(file, node.lineno), "`__file__` has no meaning in a notebook", "do without"
            )
    return Module(
        name,
        file,
        ast.get_docstring(tree) or "",
        tuple(_blocks(tree, source.splitlines(), own)),
        needs,
        early,
        imported_names(tree, package),
    )


def _blocks(tree: ast.Module, lines: list[str], own: list[ast.AST]) -> Iterator[Block]:
    dropped = _nested_import_lines(tree, own)
    end = 0
    for index, node in enumerate(tree.body):
        assert node.end_lineno is not None
        start, end = end, node.end_lineno
        if (index == 0 and _is_docstring(node)) or node in own or _is_left_out(node):
            continue
        kept = [dropped.get(number, lines[number - 1]) for number in range(start + 1, end + 1)]
        source = "\n".join(line for line in kept if line is not None)
        yield Block(frozenset(bound_names(ast.Module([node], []))), source)


def _nested_import_lines(tree: ast.Module, own: list[ast.AST]) -> dict[int, str | None]:
    """Map the lines of library imports inside functions to nothing, or to `pass`."""
    replaced: dict[int, str | None] = {}
    for parent in ast.walk(tree):
        for body in (getattr(parent, part, []) for part in ("body", "orelse", "finalbody")):
            inside = [node for node in body if node in own] if isinstance(body, list) else []
            for node in inside:
                replaced |= dict.fromkeys(range(node.lineno, (node.end_lineno or 0) + 1))
            if inside and len(inside) == len(body):
                replaced[body[0].lineno] = " " * body[0].col_offset + "pass"
    return replaced


def _is_library_import(node: ast.AST, package: str, file: str) -> bool:
    if isinstance(node, ast.Import):
        if any(alias.name.split(".")[0] == package for alias in node.names):
            raise SubmissionError(
                Place(file, node.lineno),
                f"`import {package}` cannot be written into a notebook",
                f"write `from {package}.module import name`",
            )
        return False
    if not isinstance(node, ast.ImportFrom):
        return False
    return bool(node.level) or (node.module or "").split(".")[0] == package


def _absolute(node: ast.ImportFrom, inside: str) -> str:
    if not node.level:
        return node.module or ""
    parts = inside.split(".")[: len(inside.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _plain(node: ast.ImportFrom, file: str) -> list[ast.alias]:
    for alias in node.names:
        if alias.asname or alias.name == "*":
            raise SubmissionError(
                Place(file, node.lineno),
                f"`{ast.unparse(node)}` renames or hides what it imports",
                "import the library's names one by one, as they are",
            )
    return node.names


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_left_out(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "__name__ == '__main__'"
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
