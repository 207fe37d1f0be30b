"""What the text of a notebook tells: the student, borrowed answers, answers written twice."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bnutils.practice.exercises.catalogue import KEYS, exercise

OWN_WORK = ("statistics", "normalize", "forward", "running", "layer", "backward", "images")
LIBRARY = {
    "batch_norm", "native_batch_norm", "instance_norm", "group_norm", "layer_norm", "BatchNorm1d",
    "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "InstanceNorm1d", "LayerNorm", "GroupNorm",
}  # fmt: skip
GRADER = re.compile(r"\bbnutils\.practice\.\w")
STUDENT = re.compile(r"^STUDENT *= *[\"']?(\d+)\b", re.MULTILINE)


def student_in(cells: Iterable[str]) -> str:
    """The number that stands in the notebook as it was handed out; empty where none does."""
    found = STUDENT.search("\n".join(cells))
    return found[1] if found else ""


def reaches(cells: Iterable[str]) -> bool:
    """Whether a notebook names modules of the grader, of which an answer has no need."""
    return any(GRADER.search(text) for text in cells)


def borrowed(cells: Iterable[str]) -> set[str]:
    """Keys of the exercises whose answer, as it was defined last, names a library's own.

    It may do so through a function of the notebook, or by another name that an import gives.
    """
    answers = {exercise(key).answer: key for key in OWN_WORK}
    library = set(LIBRARY)
    for name, definition in _definitions(cells):
        change = library.add if _uses(definition, library) else library.discard
        change(name)
    return {key for name, key in answers.items() if name in library}


def twice(cells: Iterable[str]) -> str:
    """Which answers are defined more than once, in words; empty where none is."""
    answers = {exercise(key).answer for key in KEYS}
    counts = Counter(name for name, _ in _definitions(cells))
    names = [name for name, count in counts.items() if count > 1 and name in answers]
    return f"{', '.join(names)} defined twice: the last counts" if names else ""


def _definitions(cells: Iterable[str]) -> Iterator[tuple[str, ast.AST]]:
    """What the cells define or import, in their order; a cell with magics is read without."""
    for text in cells:
        try:
            tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", text, flags=re.MULTILINE))
        except (SyntaxError, ValueError):
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name, node
            elif isinstance(node, ast.ImportFrom):
                yield from ((alias.asname or alias.name, alias) for alias in node.names)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda | ast.Name):
                yield from ((to.id, node.value) for to in node.targets if isinstance(to, ast.Name))


def _uses(definition: ast.AST, library: set[str]) -> bool:
    """Whether a definition uses one of these names, or an attribute called as in a library."""
    parts = list(ast.walk(definition))
    used = [part for part in parts if isinstance(part, ast.Name)]
    names = {part.id for part in used} - {p.id for p in used if isinstance(p.ctx, ast.Store)}
    names |= {part.name for part in parts if isinstance(part, ast.alias)}
    attributes = {part.attr for part in parts if isinstance(part, ast.Attribute)}
    return bool(names & library or attributes & LIBRARY)
