"""A percent sign stays in the line of its number, which may be one that the run pastes."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_APART = re.compile(r"(?<![^\d]) %(?!\w)")


class KeepUnits(SphinxPostTransform):
    """Puts a space that does not break before percent signs, outside of code."""

    default_priority = 400  # when numbers have been pasted
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Go through the texts of a page."""
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.raw):
                continue
            kept = _APART.sub("\N{NO-BREAK SPACE}%", text)
            if kept != text:
                text.parent.replace(text, nodes.Text(kept))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_post_transform(KeepUnits)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
