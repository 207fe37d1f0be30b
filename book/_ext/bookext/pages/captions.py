"""Captions whose first sentence, which says what a figure shows, stands out."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_END = re.compile(r"(?<!\bet al)(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)[.!?][”)]?(?=\s|$)")


def mark(caption: nodes.Element) -> None:
    """Put a caption's first sentence into an element of its own, of the class `finding`."""
    first: list[nodes.Node] = []
    rest = list(caption.children)
    while rest:
        child = rest.pop(0)
        end = _END.search(child.astext()) if isinstance(child, nodes.Text) else None
        if end:
            first.append(nodes.Text(child.astext()[: end.end()]))
            rest.insert(0, nodes.Text(child.astext()[end.end() :]))
            break
        first.append(child)
    caption.children = []
    caption += [nodes.inline("", "", *first, classes=["finding"]), *rest]


def mark_all(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Mark the captions of a page's figures."""
    for figure in doctree.findall(nodes.figure):
        for caption in figure.findall(nodes.caption):
            mark(caption)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("doctree-resolved", mark_all, priority=400)  # before links follow the words
    return {"parallel_read_safe": True, "parallel_write_safe": True}
