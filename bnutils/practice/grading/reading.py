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
STUDENT = re.compile(r"^STUDENT = [\"'](\d+)[\"']", re.MULTILINE)


def student_in(cells: Iterable[str]) -> str:
    """The number that stands in the notebook as it was handed out; empty where none does."""
    found = STUDENT.search("\n".join(cells))
    return found[1] if found else ""


def borrowed(cells: Iterable[str]) -> set[str]:
    """Keys of the exercises whose answer, as it was defined last, names a library's own."""
    answers = {exercise(key).answer: key for key in OWN_WORK}
    last = {name: definition for name, definition in _definitions(cells) if name in answers}
    return {answers[name] for name, definition in last.items() if _names(definition) & LIBRARY}


def twice(cells: Iterable[str]) -> str:
    """Which answers are defined more than once, in words; empty where none is."""
    answers = {exercise(key).answer for key in KEYS}
    counts = Counter(name for name, _ in _definitions(cells))
    names = [name for name, count in counts.items() if count > 1 and name in answers]
    return f"{', '.join(names)} defined twice: the last counts" if names else ""


def _definitions(cells: Iterable[str]) -> Iterator[tuple[str, ast.AST]]:
    """Functions and classes of the cells, in their order; a cell with magics is read without."""
    for text in cells:
        try:
            tree = ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", text, flags=re.MULTILINE))
        except (SyntaxError, ValueError):
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield node.name, node


def _names(definition: ast.AST) -> set[str]:
    parts = list(ast.walk(definition))
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names | {part.attr for part in parts if isinstance(part, ast.Attribute)}
