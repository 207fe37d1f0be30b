"""Makes of each chapter a notebook that is whole: in common Markdown, with the build's outputs.

It is what a page offers to download, and what its launch buttons open.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx

from .execution import cache_folder
from .markdown import Page
from .outputs import shown
from .repository import requirement

GLUE = "from myst_nb import glue\n"
PREFACE = """*This notebook is [a page]({address}) of the book {book}, with the outputs of its \
published run (data: {data}). If you run it again, the outputs are yours, while the text keeps \
the numbers of that run. The next cell installs what is missing.*"""
SETUP = '''from importlib.util import find_spec

if find_spec("{package}") is None:
    %pip install --quiet "{requirement}"


def glue(name, value, display=True):
    """In the book this puts a number into the text, where it stands already."""
'''
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(app: Sphinx, page: str) -> NotebookNode | None:
    """The cells of a page with the outputs of the build, None where it has no code."""
    key = getattr(app.env, "book_keys", {}).get(page)
    path = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if key is None or not path.is_file():
        return None
    cells = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    merged: NotebookNode
    _, merged = get_cache(str(cache_folder(app) / key)).merge_match_into_notebook(cells)
    return merged


def text_cells(blocks: list[str]) -> Iterator[NotebookNode]:
    """Texts as cells, one for each heading."""
    starts = [i for i, block in enumerate(blocks) if i == 0 or block.startswith("#")]
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        yield new_markdown_cell("\n\n".join(blocks[start:end]))  # type: ignore[no-untyped-call]


def code_cell(source: str, title: str = "", **kwargs: Any) -> NotebookNode:
    """A cell of code; one with a title is folded in Colab, JupyterLab and Kaggle."""
    metadata: dict[str, Any] = {}
    if title:
        source = f"# @title {title}\n{source}"
        metadata = {"cellView": "form", "jupyter": {"source_hidden": True}, "_kg_hide-input": True}
    cell: NotebookNode = new_code_cell(source, metadata=metadata, **kwargs)  # type: ignore[no-untyped-call]
    return cell


def chapter_cell(app: Sphinx, cell: NotebookNode, page: Page, index: int) -> NotebookNode:
    """A cell of a chapter with its outputs, folded where the page folds it."""
    alt = " ".join(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").split())
    outputs = [found for output in cell.outputs if (found := shown(app, output, alt))]
    solution = index in page.solutions
    fold = solution or {"hide-input", "remove-input"} & set(cell.metadata.get("tags", []))
    title = page.titles.get(index, "Code") if fold else ""
    source = cell.source.replace(GLUE, "")
    made = code_cell(source, title, outputs=outputs, execution_count=cell.execution_count)
    if solution:
        made.metadata["jupyter"]["outputs_hidden"] = made.metadata["_kg_hide-output"] = True
    return made


def assembled(app: Sphinx, name: str, doctree: nodes.document, run: NotebookNode) -> NotebookNode:
    """The notebook of a page from its resolved document and the cells that ran."""
    page, config = Page(app, name), app.config
    heading, *blocks = page.block_Element(doctree)
    preface = PREFACE.format(address=page.address, book=config.html_title, data=config.book_dataset)
    setup = SETUP.format(package=config.book_package, requirement=requirement(config))
    cells = [*text_cells([str(heading), preface]), code_cell(setup, "Set-up")]
    for is_text, group in groupby(blocks, lambda block: isinstance(block, str)):
        if is_text:
            cells += text_cells([str(block) for block in group])
        else:
            cells += [chapter_cell(app, run.cells[i], page, i) for i in group if isinstance(i, int)]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"  # the same in every build
    notebook: NotebookNode = new_notebook(cells=cells, metadata=METADATA)  # type: ignore[no-untyped-call]
    return notebook


def write(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the notebook of a page over the one the theme has put there, which is only code."""
    if doctree is not None and (run := executed(app, page)):
        path = Path(app.outdir, "_sources", f"{page}.ipynb")
        nbformat.write(assembled(app, page, doctree, run), path)  # type: ignore[no-untyped-call]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for name in ("claim_outputs", "execution", "figure_data", "repository"):
        app.setup_extension(f"bookext.{name}")
    app.connect("html-page-context", write, priority=600)  # after the theme has its own there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
