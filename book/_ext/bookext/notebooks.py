"""Makes the notebook that a page offers complete: with its outputs, and with how to run it."""

from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx

from .execution import cache_folder

TEXT = """This notebook is the page [{title}]({page}) of *{book}*, with the outputs \
of the book's build ({dataset}). To run it:

```
pip install "{package}[lab] @ git+{repository}"
jupyter lab
```

JupyterLab then also shows the text as it is meant: it is written in \
[MyST](https://mystmd.org/guide)."""


STORED = (
    "\n\nIt reads results stored in the repository: put it into the folder `{folder}` of a clone."
)


def preface(app: Sphinx, page: str, code: str) -> NotebookNode:
    """A first cell: where the notebook comes from, and what it needs."""
    text = TEXT.format(
        title=app.env.titles[page].astext(),
        page=f"{app.config.html_baseurl.rstrip('/')}/{app.builder.get_target_uri(page)}",
        book=app.config.html_title or app.config.project,
        dataset=f"data: {app.config.book_dataset}",
        package=app.config.book_package,
        repository=app.config.html_theme_options.get("repository_url", ""),
    )
    if "../_assets/" in code:
        text += STORED.format(folder=page.rpartition("/")[0])
    cell: NotebookNode = nbformat.v4.new_markdown_cell(text, id="preface")  # type: ignore[no-untyped-call]
    return cell


def complete(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write the notebook of one page over the one the theme has put there, which is only code."""
    key = getattr(app.env, "book_keys", {}).get(page)
    path = Path(app.outdir, "_sources", f"{page}.ipynb")
    if key is None or not context.get("ipynb_source") or not path.is_file():
        return
    notebook = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    cache = get_cache(str(cache_folder(app) / key))
    _, notebook = cache.merge_match_into_notebook(notebook)
    notebook.metadata.pop("source_map", None)  # lines of the page's file, which this is not
    notebook.nbformat_minor = 5  # whose cells have names
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    notebook.cells.insert(0, preface(app, page, code))
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.execution")
    app.connect("html-page-context", complete, priority=600)  # after the theme has its own there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
