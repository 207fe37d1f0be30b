"""The notebook while it is written: cells with identifiers that depend on content alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import nbformat
from nbformat import NotebookNode

HIDDEN = {"jupyter": {"source_hidden": True}}
HIDING_TAGS = frozenset({"hide-input", "remove-input", "remove-cell", "hide-cell", "setup"})


class Draft:
    """Collects cells; Markdown that follows Markdown joins its cell."""

    def __init__(self) -> None:
        self._cells: list[NotebookNode] = []

    def markdown(self, text: str) -> None:
        """Add Markdown, to the last cell if it is Markdown too."""
        if self._cells and self._cells[-1].cell_type == "markdown":
            self._cells[-1].source += f"\n\n{text}"
        else:
            self.apart(text)

    def apart(self, text: str, folded: bool = False) -> None:
        """Add Markdown as a cell of its own; with a heading, its section can start folded."""
        metadata = {"jp-MarkdownHeadingCollapsed": True} if folded else {}
        cell = nbformat.v4.new_markdown_cell(text, metadata=metadata)  # type: ignore[no-untyped-call]
        self._cells.append(cell)

    def code(self, source: str, metadata: dict[str, Any] | None = None) -> None:
        """Add code with a chapter's cell metadata; its tags decide whether the code is folded."""
        kept = {key: value for key, value in (metadata or {}).items() if value}
        if HIDING_TAGS & set(kept.get("tags", ())):
            kept |= HIDDEN
        self._cells.append(new_code_cell(source, kept))

    def notebook(self, metadata: dict[str, Any]) -> NotebookNode:
        """Return the notebook; its metadata hold a digest of all cells under `submission`."""
        seen: dict[str, int] = {}
        for cell in self._cells:
            content = f"{cell.cell_type}\n{cell.source}"
            seen[content] = seen.get(content, 0) + 1
            cell["id"] = hashlib.sha256(f"{content}{seen[content]}".encode()).hexdigest()[:12]
        notebook: NotebookNode = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
            cells=self._cells,
            metadata={
                "kernelspec": {
                    "display_name": "Python 3",
                    "language": "python",
                    "name": "python3",
                },
                "language_info": {"name": "python"},
                "submission": {**metadata, "sources": digest(self._cells)},
            },
        )
        nbformat.validate(notebook)
        return notebook


def new_code_cell(source: str, metadata: dict[str, Any] | None = None) -> NotebookNode:
    """Return a code cell."""
    given = nbformat.from_dict(metadata or {})  # type: ignore[no-untyped-call]
    cell: NotebookNode = nbformat.v4.new_code_cell(  # type: ignore[no-untyped-call]
        source, metadata=given
    )
    return cell


def digest(cells: list[NotebookNode]) -> str:
    """Return a digest of the cells' kinds, sources and metadata."""
    content = [[cell.cell_type, cell.source, cell.metadata] for cell in cells]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
