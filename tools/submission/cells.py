"""The Python of code cells."""

from __future__ import annotations

import ast
from typing import TypeGuard

from tools.submission.chapters import Segment
from tools.submission.errors import SubmissionError
from tools.submission.names import bound_names

GLUE = "myst_nb"


def is_dropped(node: ast.stmt, package: str) -> TypeGuard[ast.ImportFrom]:
    """Tell whether a statement imports the library, or what only the book's build needs."""
    if not isinstance(node, ast.ImportFrom):
        return False
    return (node.module or "").split(".")[0] in {package, GLUE, "__future__"}


def library_imports(segment: Segment, package: str) -> dict[str, str]:
    """Map the names that a cell imports from the library to the modules it names.

    Raises SubmissionError for other forms than `from package.module import name`.
    """
    found: dict[str, str] = {}
    for node in ast.walk(segment.tree):
        if isinstance(node, ast.Import):
            wrong = any(alias.name.split(".")[0] == package for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package:
            wrong = any(alias.asname or alias.name == "*" for alias in node.names)
            found |= {alias.name: node.module or "" for alias in node.names}
        else:
            continue
        if wrong:
            raise SubmissionError(
                segment.place.down(node.lineno - 1),
                f"`{ast.unparse(node)}` cannot be written into a notebook",
                f"write `from {package}.module import name`, without `as`",
            )
    return found


def without_library_imports(segment: Segment, package: str) -> str:
    """Return a cell's source without the imports that the notebook replaces."""
    lines: list[str | None] = list(segment.source.splitlines())
    for node in segment.tree.body:
        if is_dropped(node, package):
            assert node.end_lineno is not None
            lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
    return "\n".join(line for line in lines if line is not None).strip("\n")


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    return bound_names(ast.Module([node], []))
