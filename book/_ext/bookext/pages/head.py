"""The line under a chapter's title: how long it takes, what it needs, its data and its findings.

The chapter's findings (`forest`) are folded in it; where they are few, it links the scoreboard.
"""

import re
from collections import Counter
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..evidence.claim_outputs import scoreboards
from ..evidence.registry import told
from .cells import cells
from .contents import LEVELS, chapters, level, needs, titled
from .listings import PAGE_ONLY
from .reading import minutes_of

CONVENTION = (
    "± and brackets: 95 % interval over 8 runs with their own seeds; n is given where it differs."
)
VERDICTS = {  # what one finding does, and what several do
    "supported": ("holds", "hold"),
    "contradicted": ("fails", "fail"),
    "no relevant effect": ("without relevant effect",) * 2,
    "undecided": ("open",) * 2,
}
_DATA = re.compile(r"Data: ([^,\n]+), (.*?) images, [^()\n]*?(?:\((\w+=[\w-]+)\))?$", re.MULTILINE)
_SUMMARY = re.compile(r"(<summary>).*?(</summary>)", re.DOTALL)


def findings(claims: list[dict[str, Any]]) -> str:
    """The findings of a chapter by verdict, such as ``3 findings: 2 hold, 1 open``."""
    found = Counter(claim["verdict"] for claim in claims if not claim["check"])
    parts = (f"{found[v]} {words[found[v] > 1]}" for v, words in VERDICTS.items() if found[v])
    number = found.total()
    return f"{number} finding{'s' * (number != 1)}: {', '.join(parts)}" if number else ""


def data(document: nodes.document) -> str:
    """Name and sizes of a chapter's data, which its first cell prints; empty where none does."""
    first = [text for cell in cells(document)[:1] for text in cell.findall(nodes.literal_block)]
    match = _DATA.search("\n".join(text.astext() for text in first))
    if match is None:
        return ""
    name, sizes, setting = map(escape, match.groups(""))
    sizes = re.sub(r"(?<=\d) (?=\d{3})", "\N{NO-BREAK SPACE}", sizes.replace(" and ", ", "))
    return f'<li title="{setting}">{name}: {sizes}</li>'


class HeadOfChapter(SphinxPostTransform):
    """Puts the line under the title of a chapter."""

    default_priority = 10  # after the findings were put there
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Add the line where the page is a chapter."""
        page = self.env.docname
        if page not in chapters(self.env):
            return
        title = next(iter(self.document.findall(nodes.title)))
        below = title.parent.children[1]
        words = findings(told(self.env, page))
        items, forest = self.items(page), ""
        if isinstance(below, nodes.raw) and "bn-findings" in below["classes"]:
            forest = _SUMMARY.sub(rf"\g<1>{words}\g<2>", below.astext(), count=1)
            title.parent.remove(below)
        elif words:
            items.append(self.board(words))
        head = f"<ul>{''.join(items)}</ul>{forest}"
        convention = f'<p class="bn-convention">{CONVENTION}</p>'
        title.parent.insert(1, nodes.raw("", convention, format="html"))
        title.parent.insert(1, nodes.raw("", head, format="html", classes=["bn-head", PAGE_ONLY]))

    def items(self, page: str) -> list[str]:
        """Minutes, level, needs and data."""
        minutes, kind = minutes_of(self.env, [page]), level(self.env, page)
        items = [f"<li>{minutes} minute{'s' * (minutes != 1)}</li>", f"<li>{LEVELS[kind]}</li>"]
        links = [self.link(page, name) for name in needs(self.env, page)]
        items += [f"<li>needs: {', '.join(links)}</li>"] if links else []
        return [*items, data(self.document)]

    def link(self, page: str, target: str) -> str:
        """A link to a chapter by its number and title."""
        address = self.app.builder.get_relative_uri(page, target)
        return f'<a href="{address}">{escape(titled(self.env, target))}</a>'

    def board(self, words: str) -> str:
        """The findings as a link to the page of all, where there is one."""
        for board in sorted(scoreboards(self.env)):
            address = self.app.builder.get_relative_uri(self.env.docname, board)
            return f'<li><a href="{address}">{words}</a></li>'
        return f"<li>{words}</li>"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    for name in ("contents", "reading", "cells", "listings"):
        app.setup_extension(f"bookext.pages.{name}")
    app.add_post_transform(HeadOfChapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
