"""A switch on pages that fold code or take some out: it shows all of it, on every page.

What it is set to is known before a page is drawn, so that nothing moves.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .cells import FOLD, TAKEN
from .listings import CLASS as LONG
from .listings import PAGE_ONLY

# Beside code.js, which comes later; a browser may refuse to remember anything.
BEFORE = """try {
  if (localStorage.getItem("code") === "all") document.documentElement.dataset.code = "all";
} catch {}"""
SWITCH = '<label><input type="checkbox" role="switch">Show all code</label>'


def folds(document: nodes.document) -> bool:
    """Whether a page hides any code."""
    known = {TAKEN, LONG}
    boxes = any(known & set(box["classes"]) for box in document.findall(nodes.container))
    start = FOLD.partition(">")[0]
    return boxes or any(raw.astext().startswith(start) for raw in document.findall(nodes.raw))


class AddSwitch(SphinxPostTransform):
    """Puts the switch under the title."""

    default_priority = 11  # after the head of a chapter was put there
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Add the switch where there is something to show."""
        title = next(iter(self.document.findall(nodes.title)), None)
        if title is not None and folds(self.document):
            classes = ["bn-switch", "pst-js-only", PAGE_ONLY]
            title.parent.insert(1, nodes.raw("", SWITCH, format="html", classes=classes))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for name in ("cells", "listings"):
        app.setup_extension(f"bookext.pages.{name}")
    app.add_js_file(None, body=BEFORE)
    app.add_post_transform(AddSwitch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
