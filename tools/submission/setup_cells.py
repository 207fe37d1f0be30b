"""The set-up cells of the chapters, merged: what all share is done once, at the top."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from tools.submission.cells import bound_by, is_dropped
from tools.submission.chapters import Segment
from tools.submission.errors import SubmissionError
from tools.submission.names import imported_names


@dataclass(frozen=True)
class Setup:
    """Lines that import other packages, shared statements, and what else the cells do."""

    imports: tuple[str, ...]
    statements: tuple[str, ...]
    rest: dict[str, str]


def merge(cells: Iterable[Segment], package: str) -> Setup:
    """Merge set-up cells; `rest` maps a chapter to what is left of its own.

    Shared are imports, calls of the library or of print on their own, and assignments of such
    a call that read the same in every cell that binds the name. Raises SubmissionError when an
    imported name stands for two things.
    """
    statements = [
        (cell, node) for cell in cells for node in cell.tree.body
    ]  # of all cells, in order
    imports = [
        (cell, node) for cell, node in statements if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    library = {"print"} | {
        alias.name for _, node in imports if is_dropped(node, package) for alias in node.names
    }
    meanings: dict[str, set[str]] = {}
    for _, node in statements:
        for name in bound_by(node):
            meanings.setdefault(name, set()).add(ast.unparse(node))
    shared: list[str] = []
    rest: dict[str, list[str]] = {}
    for cell, node in statements:
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        text = ast.get_source_segment(cell.source, node) or ast.unparse(node)
        if _calls(node, library) and all(len(meanings[name]) == 1 for name in bound_by(node)):
            shared += [text] if text not in shared else []
        else:
            rest.setdefault(cell.chapter, []).append(text)
    others = [(cell, node) for cell, node in imports if not is_dropped(node, package)]
    return Setup(
        tuple(_import_lines(others, package)),
        tuple(shared),
        {chapter: "\n".join(lines) for chapter, lines in rest.items()},
    )


def _calls(node: ast.stmt, library: set[str]) -> bool:
    if not isinstance(node, ast.Expr | ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    return isinstance(node.value.func, ast.Name) and node.value.func.id in library


def _import_lines(
    imports: Iterable[tuple[Segment, ast.Import | ast.ImportFrom]], package: str
) -> list[str]:
    meanings: dict[str, tuple[str, str]] = {}
    plain: set[str] = set()
    grouped: dict[str, set[str]] = {}
    for cell, node in imports:
        for name, meaning in imported_names(ast.Module([node], []), package).items():
            before, chapter = meanings.setdefault(name, (meaning, cell.chapter))
            if before != meaning:
                raise SubmissionError(
                    cell.place,
                    f"`{name}` is {meaning} here and {before} in {chapter}.md",
                    "import it under one name in all chapters",
                )
        names = {
            f"{alias.name} as {alias.asname}" if alias.asname else alias.name
            for alias in node.names
        }
        if isinstance(node, ast.Import):
            plain |= names
        else:
            grouped.setdefault(node.module or "", set()).update(names)
    lines = {name.split()[0]: f"import {name}" for name in plain}
    froms = {name: f"from {name} import {', '.join(sorted(grouped[name]))}" for name in grouped}
    groups = [
        [
            table[name]
            for table in (lines, froms)
            for name in sorted(table)
            if (name.split(".")[0] in sys.stdlib_module_names) is standard
        ]
        for standard in (True, False)
    ]
    return [*groups[0], *([""] if all(groups) else []), *groups[1]]
