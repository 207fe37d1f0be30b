"""Offers the data of each figure as a CSV file, linked from its caption.

The kernels of a build give every Matplotlib figure as a table too (see `kernel/figure_csv`).
"""

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from .mimes import understand

MIME = "text/csv"
FOLDER = "_static/data"
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
    """Move the tables from the outputs to the figures they lie in."""
    for figure in doctree.findall(nodes.figure):
        found = [n for n in figure.findall(nodes.container) if n.get("figure_data")]
        if found:
            figure["data"] = [node["figure_data"] for node in found]
    for node in list(doctree.findall(nodes.container)):
        if "figure_data" in node:
            node.parent.parent.remove(node.parent)  # with the part of its bundle that it fills


def file_name(figure: nodes.figure, page: str, number: int) -> str:
    """Name of the file of a figure's table, `number` of those it has."""
    names: list[str] = figure.get("names") or figure["ids"]
    name = names[0] if names else f"{page.replace('/', '-')}-line-{figure.line}"
    return f"{name}.csv" if number == 1 else f"{name}-{number}.csv"


def figure_title(app: Sphinx, figure: nodes.figure, page: str) -> str:
    """What the page calls a figure, such as Fig. 12."""
    numbers = app.env.toc_fignumbers.get(page, {}).get("figure", {})
    found = next((numbers[name] for name in figure["ids"] if name in numbers), None)
    if found is None:
        return "this figure"
    return str(app.config.numfig_format["figure"] % ".".join(map(str, found)))


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the tables of a page's figures and link them, where the page is HTML."""
    if app.builder.format != "html":
        return
    here = app.builder.get_target_uri(page)
    for figure in doctree.findall(nodes.figure):
        captions = list(figure.findall(nodes.caption))
        tables: list[str] = figure.get("data", []) if captions else []
        for number, table in enumerate(tables, 1):
            name = file_name(figure, page, number)
            path = Path(app.outdir, FOLDER, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(table, "utf-8", newline="")
            link = (
                f' <a class="figure-data" download="{escape(name)}" '
                f'href="{escape(relative_uri(here, f"{FOLDER}/{name}"))}" '
                f'aria-label="{TEXT} of {escape(figure_title(app, figure, page))}">{TEXT}</a>'
            )
            captions[0] += nodes.raw("", link, format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    understand(app, CsvRenderer)
    app.connect("doctree-read", keep)
    app.connect("doctree-resolved", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
