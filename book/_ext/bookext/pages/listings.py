"""Code as it is printed: long listings folded after their first lines, long lines wrapped.

The first lines of a folded listing are seen, the others are there for search and copying: a style
sheet cuts it while the `<details>` below it, which holds no more than its summary, is closed.
"""

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform

from .cells import cells, hidden, part

CELL, INCLUDED = 25, 39  # lines of a cell, and of what a page includes, that are shown whole
FIRST = 8
WIDE = 60  # letters of a line that may have to wrap
CLASS = "bn-long"
PAGE_ONLY = "bn-page-only"  # raw HTML that notebooks leave out
MORE = (
    '<details><summary><span class="bn-more">show all {} lines</span>'
    '<span class="bn-less">show the first {}</span></summary></details>'
)

_TAG = re.compile("<[^>]*>")


class Lines(HtmlFormatter):  # type: ignore[misc]
    """Puts each line into an element of its own, which may wrap with a hanging indent."""

    def wrap(self, source: Any) -> Any:
        """The lines, and what is around them."""
        return super().wrap(self._lines(source))

    @staticmethod
    def _lines(source: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for code, line in source:
            text = _TAG.sub("", line)
            indent = len(text) - len(text.lstrip(" "))
            hang = f' style="--indent:{indent}"' if indent and len(text) > WIDE else ""
            yield code, f'<span class="bn-line"{hang}>{line}</span>' if code else line


def length(code: nodes.literal_block) -> int:
    """Lines of a listing."""
    return len(code.astext().rstrip().splitlines())


def shown_whole(code: nodes.literal_block, in_cell: bool) -> bool:
    """Whether a listing is short enough to be shown whole."""
    return length(code) <= (CELL if in_cell else INCLUDED)


def listings(document: nodes.Element) -> list[tuple[nodes.literal_block, bool]]:
    """The code that a page shows, and whether it is that of a cell."""
    sources = [part(cell, "source") for cell in cells(document) if not hidden(cell)]
    in_cells = [code for s in sources if s for code in s.findall(nodes.literal_block)]
    inside = {id(c) for cell in cells(document) for c in cell.findall(nodes.literal_block)}
    others = [c for c in document.findall(nodes.literal_block) if id(c) not in inside]
    return [(code, True) for code in in_cells] + [(code, False) for code in others]


class FoldListings(SphinxPostTransform):
    """Folds what is long."""

    default_priority = 2  # before `cells` changes what is hidden
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Put long listings into a box with a summary."""
        for code, in_cell in listings(self.document):
            if not shown_whole(code, in_cell):
                html = MORE.format(length(code), FIRST)
                more = nodes.raw("", html, format="html", classes=[PAGE_ONLY])
                box = nodes.container(classes=[CLASS])
                code.replace_self(box)
                box += [code, more]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    PygmentsBridge.html_formatter = Lines
    app.add_post_transform(FoldListings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
