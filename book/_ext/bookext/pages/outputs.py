"""Outputs of a build as a notebook can show them without the book's style and scripts."""

import base64

from nbformat import NotebookNode
from sphinx.application import Sphinx

from ..evidence.card_citations import told_in_markdown
from ..evidence.claim_outputs import MIME as CLAIM
from .figure_data import MIME as TABLE
from .narrow import MIME as NARROW

GLUED = "application/papermill.record/"
WIDGET = "application/vnd.jupyter.widget-view+json"


def shown(app: Sphinx, output: NotebookNode, alt: str) -> NotebookNode | None:
    """An output for a notebook, None where there is nothing to see: a number for the text."""
    data = output.get("data", {})
    if any(mime.startswith(GLUED) for mime in data):
        return None
    if CLAIM in data:
        data["text/markdown"] = told_in_markdown(app, data["text/markdown"], data[CLAIM])
    if CLAIM in data or WIDGET in data:
        alt = alt or data["text/plain"]
        data.pop("text/html")  # a card or an interactive figure of a page
    for mime in (CLAIM, NARROW, TABLE, WIDGET):
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
