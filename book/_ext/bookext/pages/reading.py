"""How long the main text of a page takes to read, and the role that says so: `minutes`.

Words of prose, tables and captions count, and the lines of code that are seen. What is folded does
not, nor exercises, quick questions and what cells put out.
"""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference  # type: ignore[import-untyped]
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxRole

from ..building.stop import stop
from .contents import FOLDER
from .listings import FIRST, length, listings, shown_whole

WORDS, LINES = 200, 25  # a minute
NUMBER = 2  # words of a number that the run pastes
LEFT_OUT = (nodes.raw, nodes.literal_block, nodes.math_block, nodes.Invisible)
FOLDED = {"dropdown", "exercise", "quick", "solution"}


class minutes(nodes.Inline, nodes.TextElement):
    """The place of a number of minutes, known when all pages have been read."""


class Minutes(SphinxRole):
    """``{minutes}`theory/concept, theory/benefits` ``: how long these chapters take together."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Note the pages."""
        self.env.metadata[self.env.docname]["shows_minutes"] = True
        return [minutes("", "", pages=[name.strip() for name in self.text.split(",")])], []


def folded(node: nodes.Node) -> bool:
    """Whether a part of a page is no part of its main text."""
    if not isinstance(node, nodes.Element):
        return False
    names: list[str] = [*node.get("ids", ()), *node.get("names", ())]
    kinds = {str(node.get("design_component", "")), *node.get("classes", ())}
    return bool(FOLDED & kinds) or any(name.endswith("-exercises") for name in names)


def parts_of(node: nodes.Node) -> Iterator[nodes.Node]:
    """The texts and numbers of a main text."""
    if folded(node) or isinstance(node, LEFT_OUT):
        return
    if isinstance(node, nodes.Text | nodes.math | PendingGlueReference):
        yield node
    elif isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
        for caption in node.findall(nodes.caption):
            yield from parts_of(caption)
    else:
        for child in node.children:
            yield from parts_of(child)


def words(document: nodes.Element) -> int:
    """Words of the main text; a formula in a line is one."""
    number = 0
    for each in parts_of(document):
        if isinstance(each, nodes.Text):
            number += len(each.astext().split())
        else:
            number += NUMBER if isinstance(each, PendingGlueReference) else 1
    return number


def lines(document: nodes.Element) -> int:
    """Lines of code that are seen in the main text."""
    seen = 0
    for code, in_cell in listings(document):
        around: nodes.Node | None = code
        while around is not None and not folded(around):
            around = around.parent
        if around is None:
            seen += length(code) if shown_whole(code, in_cell) else FIRST
    return seen


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Measure a page that was read."""
    took = words(doctree) / WORDS + lines(doctree) / LINES
    app.env.metadata[app.env.docname]["minutes"] = took  # Sphinx forgets it with the page


def minutes_of(env: Any, pages: list[str]) -> int:
    """How long pages take together, each at least a minute and rounded, as each of them says."""
    took: list[float] = [env.metadata[page]["minutes"] for page in pages]
    return sum(max(1, round(each)) for each in took)


def outdated(app: Sphinx, env: Any) -> list[str]:
    """Pages to write again, for they show what has changed."""
    now = {page: round(data.get("minutes", 0), 1) for page, data in env.metadata.items()}
    before, env.book_minutes = getattr(env, "book_minutes", {}), now
    pages = [page for page, data in env.metadata.items() if data.get("shows_minutes")]
    return [] if now == before else pages


class FillMinutes(SphinxPostTransform):
    """Puts the numbers into a page."""

    default_priority = 9

    def run(self, **kwargs: Any) -> None:
        """Replace the role's places."""
        for place in list(self.document.findall(minutes)):
            pages = [f"{FOLDER}{name}" for name in place["pages"]]
            if unknown := [page for page in pages if page not in self.env.found_docs]:
                stop("Minutes are asked for pages that are not there.", unknown)
            place.replace_self(nodes.Text(str(minutes_of(self.env, pages))))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_node(minutes)
    app.add_role("minutes", Minutes())
    app.add_post_transform(FillMinutes)
    app.connect("doctree-read", note)
    app.connect("env-updated", outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
