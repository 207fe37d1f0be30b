"""The numbers of the notebook beside those of the book's last build."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode


def differences(notebook: NotebookNode, cache: Path) -> tuple[int, list[str]]:
    """Count the numbers that agree with the book's, and describe those that do not.

    `cache` is the book's folder of executed chapters. Chapters that ran on other data are left
    out; times differ from run to run.
    """
    submission = notebook.metadata["submission"]
    agreeing, different = 0, []
    for chapter in _executed(cache):
        if not _prints(chapter, submission["numbers"].get("data", "")):
            continue
        for name, value in _glued(chapter):
            here = submission["numbers"].get(name)
            if here == value:
                agreeing += 1
            elif here is not None:
                different.append(f"{name}: {value} in the book, {here} in the notebook")
    return agreeing, sorted(different)


def _executed(cache: Path) -> Iterator[NotebookNode]:
    for path in sorted(cache.glob("*/executed/*/base.ipynb")):
        yield nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def _outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def _prints(notebook: NotebookNode, line: str) -> bool:
    return any(line and line in output.get("text", "") for output in _outputs(notebook))


def _glued(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    for output in _outputs(notebook):
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        text = next(
            (text for kind, text in output.get("data", {}).items() if kind.endswith("text/plain")),
            None,
        )
        if name and text is not None:
            yield name, _unquoted(text)


def _unquoted(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text
