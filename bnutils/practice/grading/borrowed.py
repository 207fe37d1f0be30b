"""Answers that call a library's normalization where it was to be written."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bnutils.practice.exercises.catalogue import exercise

OWN_WORK = ("statistics", "normalize", "forward", "running", "layer", "backward", "images")
LIBRARY = {
    "batch_norm", "native_batch_norm", "instance_norm", "group_norm", "layer_norm", "BatchNorm1d",
    "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "InstanceNorm1d", "LayerNorm", "GroupNorm",
}  # fmt: skip


def borrowed(cells: Iterable[str]) -> set[str]:
    """Keys of the exercises whose answer, a function or class in ``cells``, names such a call."""
    answers = {exercise(key).answer: key for key in OWN_WORK}
    found = set()
    for text in cells:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in answers:
                parts = list(ast.walk(node))
                names = {part.id for part in parts if isinstance(part, ast.Name)}
                names |= {part.attr for part in parts if isinstance(part, ast.Attribute)}
                if names & LIBRARY:
                    found.add(answers[node.name])
    return found
