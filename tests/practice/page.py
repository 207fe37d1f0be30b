"""The cells of the page of exercises, by their tags, and what they define."""

from __future__ import annotations

import ast
from functools import cache

import jupytext

from bnutils.practice.exercises.catalogue import KEYS, exercise
from tests import ROOT

PAGE = ROOT / "book" / "practice" / "hands-on.md"


@cache
def cells(tag: str) -> dict[str, str]:
    """The text of the cells with a tag, by the key of their exercise; in the order of the page."""
    found = {}
    place = -1
    for cell in jupytext.read(PAGE).cells:
        tags = cell.metadata.get("tags", [])
        place += "stub" in tags
        if tag in tags:
            found["" if place < 0 else KEYS[place]] = cell.source
    return found


def defined(tag: str) -> dict[str, object]:
    """The answers that all cells with a tag define, by the key of their exercise."""
    names: dict[str, object] = {}
    exec(cells("setup")[""], names)
    for key, text in cells(tag).items():
        exec(compile(text, f"<{tag} {key}>", "exec"), names)
    return {key: names[exercise(key).answer] for key in KEYS}


def outline(text: str) -> list[tuple[str, str | None, list[str]]]:
    """Names, docstrings and arguments of the functions and classes of a cell."""
    return [
        (
            node.name,
            ast.get_docstring(node),
            [a.arg for a in node.args.args] if isinstance(node, ast.FunctionDef) else [],
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
