"""Outputs of a build as a notebook can show them without the book's style and scripts."""

import base64
import re

from nbformat import NotebookNode
from sphinx.application import Sphinx

from .card_citations import citations
from .claim_outputs import MIME as CLAIM
from .figure_data import MIME as TABLE

GLUED = "application/papermill.record/"
WIDGET = "application/vnd.jupyter.widget-view+json"


def cited(app: Sphinx, card: str, key: str) -> str:
    """A card in Markdown that names its source as the bibliography does."""
    entry = citations(app.env).get(key)
    if entry is None:
        return card
    page = app.builder.get_target_uri(entry.bibliography_key.docname)
    address = f"{app.config.html_baseurl}{page}#{entry.citation_id}"
    source = f"- Source: [{entry.formatted_entry.label}]({address})"
    return re.sub("^- Source: .*$", lambda _: source, card, flags=re.MULTILINE)


def shown(app: Sphinx, output: NotebookNode, alt: str) -> NotebookNode | None:
    """An output for a notebook, None where there is nothing to see: a number for the text."""
    data = output.get("data", {})
    if any(mime.startswith(GLUED) for mime in data):
        return None
    if CLAIM in data:
        data["text/markdown"] = cited(app, data["text/markdown"], data[CLAIM]["source"])
    if CLAIM in data or WIDGET in data:
        alt = alt or data["text/plain"]
        data.pop("text/html")  # a card or an interactive figure of a page
    for mime in (CLAIM, TABLE, WIDGET):
        data.pop(mime, None)
    if "image/png" in data:
        alt = alt or output.metadata.get("image/png", {}).get("alt", "")
        data["text/plain"] = alt
        output.metadata = {"image/png": {"alt": alt}}
        if "image/svg+xml" in data:  # then the kernel has drawn the pixels, for dense screens
            width = int.from_bytes(base64.b64decode(data["image/png"][:32])[16:20])
            output.metadata["image/png"]["width"] = width // 2
            output.metadata["image/svg+xml"] = {"alt": alt, "needs_background": "light"}
    return output
