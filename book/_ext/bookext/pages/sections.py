"""Sections that a check names, such as ``theory/concept#sec-concept-idea``, as links on pages."""

import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

NAMED = re.compile(r"[a-z-]+/[a-z-]+#(?P<label>sec-[a-z0-9-]+)")


class LinkSections(SphinxPostTransform):
    """Gives each such name its link, with the section's title as text."""

    default_priority = 9  # before references are resolved, which tells of unknown sections

    def run(self, **kwargs: Any) -> None:
        """Replace the names."""
        for name in list(self.document.findall(nodes.literal)):
            if found := NAMED.fullmatch(name.astext()):
                link = pending_xref(
                    "", nodes.inline(), refdomain="std", reftype="ref", refexplicit=False,
                    reftarget=found["label"], refdoc=self.env.docname, refwarn=True,
                )  # fmt: skip
                link.source, link.line = name.source, name.line
                name.replace_self(link)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_post_transform(LinkSections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
