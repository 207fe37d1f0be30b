"""Types of output that myst-nb does not know."""

from typing import Any

from myst_nb.core.render import load_mime_renders  # type: ignore[import-untyped]
from sphinx.application import Sphinx


def understand(app: Sphinx, renderer: type[Any]) -> None:
    """Have myst-nb ask a renderer too: it learns of one only from an installed package."""
    app.setup_extension("myst_nb")
    renderers = load_mime_renders()
    if renderer not in renderers:
        renderers.append(renderer)
