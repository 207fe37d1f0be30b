"""Figures on narrow screens: a second picture of each, which browsers load there in its place.

The kernels of a build draw it (see `kernel/figure_narrow`).
"""

from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from ..execution.mimes import understand

MIME = "application/x-narrow-figure"
FOLDER = "_static/narrow"
SCREEN = "(max-width: 576px)"


class NarrowRenderer:
    """Keeps the narrow picture in the page's tree, where myst-nb would warn of an unknown type."""

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """A node for the picture, None for anything else."""
        if data.mime_type != MIME:
            return None
        return [] if inline else [nodes.container(narrow=data.string)]


def keep(app: Sphinx, doctree: nodes.document) -> None:
    """Move the narrow pictures from the outputs to the images they stand for."""
    files = app.env.metadata[app.env.docname].setdefault("figure_files", {})
    for node in [n for n in doctree.findall(nodes.container) if "narrow" in n]:
        part = node.parent  # of the bundle that holds all representations
        for image in part.parent.findall(nodes.image):
            image["narrow"] = node["narrow"]
        files[name_of(node["narrow"])] = ""
        part.parent.remove(part)


def name_of(picture: str) -> str:
    """The file of a picture."""
    return f"{FOLDER}/{sha256(picture.encode()).hexdigest()[:16]}.svg"


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the narrow pictures of a page, where it is HTML, and have browsers choose."""
    if app.builder.format != "html":
        return
    here = app.builder.get_target_uri(page)
    for image in [n for n in doctree.findall(nodes.image) if "narrow" in n]:
        name = name_of(image["narrow"])
        path = Path(app.outdir, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(image["narrow"], "utf-8")
        source = f'<source media="{SCREEN}" srcset="{escape(relative_uri(here, name))}" />'
        start = nodes.raw("", f"<picture>{source}", format="html")
        del image["narrow"]
        image.replace_self([start, image.deepcopy(), nodes.raw("", "</picture>", format="html")])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    understand(app, NarrowRenderer)
    app.connect("doctree-read", keep, priority=600)  # `figure_data` notes its files before
    app.connect("doctree-resolved", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
