"""Offers each figure by its label: its pictures, and its data as a CSV file linked in its caption.

The kernels of a build give every Matplotlib figure as a table and as pixels too (see `kernel`).
"""

import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from ..execution.mimes import understand
from .leftovers import files_of_figures

MIME = "text/csv"
TABLES, PICTURES = "_static/data", "_static/figures"
TEXT = "Data (CSV)"


class CsvRenderer:
    """Keeps a table in the page's tree, where myst-nb would warn of an unknown type."""

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """A node for a table, None for anything else."""
        if data.mime_type != MIME:
            return None
        return [] if inline else [nodes.container(figure_data=data.string)]


def keep(app: Sphinx, doctree: nodes.document) -> None:
    """Move the tables from the outputs to the figures they lie in; note the files of figures."""
    page = app.env.docname
    files: dict[str, str] = {}
    app.env.metadata[page]["figure_files"] = files
    for figure in doctree.findall(nodes.figure):
        found = [n for n in figure.findall(nodes.container) if n.get("figure_data")]
        if found:
            figure["data"] = [node["figure_data"] for node in found]
        for number in range(1, len(found) + 1):
            files[f"{TABLES}/{file_name(figure, page, number)}.csv"] = ""
        seen: dict[str, int] = {}
        for image in figure.findall(nodes.image):
            suffix = Path(image["uri"]).suffix
            seen[suffix] = seen.get(suffix, 0) + 1
            name = f"{PICTURES}/{file_name(figure, page, seen[suffix])}{suffix}"
            files[name] = image["uri"]
    for node in list(doctree.findall(nodes.container)):
        if "figure_data" in node:
            node.parent.parent.remove(node.parent)  # with the part of its bundle that it fills


def file_name(figure: nodes.figure, page: str, number: int) -> str:
    """Name of the files of a figure's table or picture, `number` of those it has."""
    names: list[str] = figure.get("names") or figure["ids"]
    name = names[0] if names else f"{page.replace('/', '-')}-line-{figure.line}"
    return name if number == 1 else f"{name}-{number}"


def title_of(app: Sphinx, node: nodes.Element, page: str, kind: str = "figure") -> str:
    """What the page calls a numbered node, such as Fig. 12; empty where it has no number."""
    numbers = app.env.toc_fignumbers.get(page, {}).get(kind, {})
    found = next((numbers[name] for name in node["ids"] if name in numbers), None)
    return "" if found is None else str(app.config.numfig_format[kind] % ".".join(map(str, found)))


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the tables of a page's figures and link them, where the page is HTML."""
    if app.builder.format != "html":
        return
    here = app.builder.get_target_uri(page)
    for figure in doctree.findall(nodes.figure):
        captions = list(figure.findall(nodes.caption))
        tables: list[str] = figure.get("data", []) if captions else []
        for number, table in enumerate(tables, 1):
            name = f"{file_name(figure, page, number)}.csv"
            what = f"{TEXT} of {title_of(app, figure, page) or 'this figure'}"
            path = Path(app.outdir, TABLES, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(table, "utf-8", newline="")
            link = (
                f' <a class="figure-data" download="{escape(name)}" '
                f'href="{escape(relative_uri(here, f"{TABLES}/{name}"))}" '
                f'aria-label="{escape(what)}">{TEXT}</a>'
            )
            captions[0] += nodes.raw("", link, format="html")


def copy_pictures(app: Sphinx, exception: Exception | None) -> None:
    """Put the pictures of all figures into the site under their labels."""
    if exception is not None or app.builder.format != "html":
        return
    for name, source in files_of_figures(app.env).items():
        if source:
            Path(app.outdir, name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(app.srcdir, source), Path(app.outdir, name))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.pages.leftovers")
    understand(app, CsvRenderer)
    app.connect("doctree-read", keep)
    app.connect("doctree-resolved", offer)
    app.connect("build-finished", copy_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
