"""The directive `prerequisites`: all chapters, by part, with those that each of them needs.

It is a list, in columns where there is room. To point at a chapter lights up all before it.
"""

from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .contents import chapters, level, needs, parts, titled
from .listings import PAGE_ONLY


class prerequisites(nodes.General, nodes.Element):
    """The place of the map, which is made when all pages have been read."""


class Prerequisites(SphinxDirective):
    """`{prerequisites}`: the map of the chapters."""

    def run(self) -> list[nodes.Node]:
        """Note the page."""
        self.env.metadata[self.env.docname]["shows_needs"] = True
        return [prerequisites()]


def before(env: Any, page: str) -> set[str]:
    """All that one should have read before a chapter."""
    found: set[str] = set()
    waiting = needs(env, page)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs(env, name)
    return found


class DrawMap(SphinxPostTransform):
    """Draws the map on its page."""

    default_priority = 9

    def run(self, **kwargs: Any) -> None:
        """Replace the directive's places."""
        for place in list(self.document.findall(prerequisites)):
            raw = nodes.raw("", self.drawn(), format="html", classes=["bn-map", PAGE_ONLY])
            place.replace_self(raw)

    def drawn(self) -> str:
        """The list of parts, and the rules by which chapters light up."""
        self.number = {page: i for i, page in enumerate(chapters(self.env), 1)}
        groups = groupby(filter(lambda p: p.numbered, parts(self.env)), lambda p: p.caption)
        items = ""
        for caption, group in groups:
            rows = "".join(self.row(page) for part in group for page in part.pages)
            items += f"<li><span>{escape(caption)}</span><ol>{rows}</ol></li>"
        return f"<style>{self.rules()}</style><ol>{items}</ol>"

    def row(self, page: str) -> str:
        """A chapter and the numbers of those that it needs."""
        address = self.app.builder.get_relative_uri(self.env.docname, page)
        needed = sorted(self.number[name] for name in needs(self.env, page))
        numbers = ", ".join(map(str, needed))
        kind = level(self.env, page)
        notes = [kind] * (kind != "core") + [f"needs {numbers}"] * bool(numbers)
        return (
            f'<li class="c{self.number[page]}"><a href="{address}">'
            f"{escape(titled(self.env, page))}</a> <small>{'; '.join(notes)}</small></li>"
        )

    def rules(self) -> str:
        """Which chapters light up for which."""
        found = ""
        for page, number in self.number.items():
            if lit := ",".join(f".c{self.number[name]}" for name in before(self.env, page)):
                found += f".bn-map:has(.c{number} a:is(:hover,:focus)) :is({lit}){{--lit:1}}"
        return found


def outdated(app: Sphinx, env: Any) -> list[str]:
    """Pages to write again, for chapters say something else of themselves."""
    now = [(p, level(env, p), needs(env, p), env.titles[p].astext()) for p in chapters(env)]
    before, env.book_needs = getattr(env, "book_needs", []), now
    pages = [page for page, data in env.metadata.items() if data.get("shows_needs")]
    return [] if now == before else pages


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.pages.contents")
    app.add_node(prerequisites)
    app.add_directive("prerequisites", Prerequisites)
    app.add_post_transform(DrawMap)
    app.connect("env-updated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
