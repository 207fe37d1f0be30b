"""Makes of each chapter a notebook that is whole: in common Markdown, with the build's outputs.

It is what a page offers to download, and what its launch buttons open.
"""

import re
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx

from ..building.stop import refuse
from ..execution.stale import executed
from .launch import opening
from .markdown import CELL, Page
from .outputs import shown


def code_cell(source: str, title: str = "", **kwargs: Any) -> NotebookNode:
    """A cell of code; one with a title is folded in Colab, JupyterLab and Kaggle."""
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}, "_kg_hide-input": True}
    source = f"# @title {title}\n{source}" if title else source
    cell: NotebookNode = new_code_cell(source, metadata=folded if title else {}, **kwargs)
    return cell


def chapter_cell(app: Sphinx, cell: NotebookNode, page: Page, index: int) -> NotebookNode:
    """A cell of a chapter with its outputs, folded where the page folds it."""
    alt = " ".join(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").split())
    outputs = [found for output in cell.outputs if (found := shown(app, output, alt))]
    solution = index in page.solutions
    fold = solution or {"hide-input", "remove-input"} & set(cell.metadata.get("tags", []))
    title = page.titles.get(index, "Code") if fold else ""
    source = cell.source.replace("from myst_nb import glue\n", "")
    made = code_cell(source, title, outputs=outputs, execution_count=cell.execution_count)
    if solution:
        made.metadata["jupyter"]["outputs_hidden"] = made.metadata["_kg_hide-output"] = True
    return made


def assembled(app: Sphinx, name: str, doctree: nodes.document, run: Any) -> list[NotebookNode]:
    """The cells of a page's notebook from its resolved document and the cells that ran."""
    page = Page(app, name)
    heading, text = page.translated(doctree).removeprefix(CELL).split("\n\n", 1)
    preface, setup = opening(app.config, page.address)
    cells = [new_markdown_cell(f"{heading}\n\n{preface}"), code_cell(setup, "Set-up")]
    part = re.compile(rf"^{CELL}(\d*)(.*?)(?=^{CELL}|\Z)", re.DOTALL | re.MULTILINE)
    for number, words in part.findall(f"{CELL}\n{text}"):
        if number:
            cells.append(chapter_cell(app, run.cells[int(number)], page, int(number)))
        if words.strip():
            cells.append(new_markdown_cell(words.strip()))
        if CELL in words:
            refuse(name, "a cell of code lies in a list, a quote or a table")
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same in every build
    return cells


def write(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the notebook of a page over the one the theme has put there, which is only code."""
    if doctree is not None and (run := executed(app, page)):
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        notebook = new_notebook(cells=assembled(app, page, doctree, run), metadata=metadata)
        nbformat.write(notebook, Path(app.outdir, "_sources", f"{page}.ipynb"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for name in ("evidence.claim_outputs", "execution.stale", "building.repository"):
        app.setup_extension(f"bookext.{name}")
    app.connect("html-page-context", write, priority=600)  # after the theme has its own there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
