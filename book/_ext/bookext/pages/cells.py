"""What of its cells a page shows: figures, claims and the code to be read, not what makes them.

Notebooks are made from the same document and keep every cell (`notebooks`): nothing is removed,
parts get classes. What has the class `TAKEN` is seen when a reader asks for all code (`switch`).
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..evidence.claim_outputs import MIME as CLAIM

TAKEN = "bn-taken"
FOLD = '<details class="bn-code"><summary>{}</summary>'
_TABLE = 'class="bn-table"'
_PART = re.compile(r"<caption>First \d+ of")
_LINK = re.compile(r"Download all (\d+) rows \(CSV\)")


def cells(document: nodes.Element) -> list[nodes.container]:
    """The cells of code of a page."""
    found = document.findall(nodes.container)
    return [node for node in found if node.get("nb_element") == "cell_code"]


def part(cell: nodes.Element, name: str) -> nodes.Element | None:
    """The `source` or the `output` of a cell, where it has one."""
    found = cell.findall(nodes.container)
    return next((n for n in found if n.get("nb_element") == f"cell_code_{name}"), None)


def hidden(cell: nodes.Element) -> bool:
    """Whether the chapter asks for a cell's code not to be shown."""
    return bool(cell.get("hide_mode")) or "tag_setup" in cell["classes"]


def kind(output: nodes.Element) -> str:
    """What a reader sees of an output: a `claim`, rows of a `table`, a `figure` or some `text`."""
    bundles = [n for n in output.findall(nodes.container) if n.get("nb_element") == "mime_bundle"]
    mimes = {child.get("mime_type", "") for b in bundles for child in b.findall(nodes.container)}
    html = "".join(raw.astext() for raw in output.findall(nodes.raw))
    if CLAIM in mimes:
        return "claim"
    if _TABLE in html and _PART.search(html):
        return "table"
    drawn = isinstance(output, nodes.figure) or 'class="bn-explorable"' in html
    return "figure" if drawn or any(mime.startswith("image/") for mime in mimes) else "text"


def shorten(raw: nodes.raw) -> None:
    """Leave of the first rows of a table a link to all of them."""
    html = raw.astext()
    if _TABLE in html and _PART.search(html):
        html = html.replace(_TABLE, f'class="bn-table {TAKEN}"')
        raw.replace_self(nodes.raw("", _LINK.sub(r"All \1 runs (CSV)", html), **raw.attributes))


def quieten(cell: nodes.Element) -> None:
    """Fold a cell's code behind a small link, or take it out where it shows nothing."""
    source, output = part(cell, "source"), part(cell, "output") or nodes.container()
    cell.attributes.pop("hide_mode", None)  # else myst-nb puts a bar there
    kinds = {kind(each) for each in output.children if isinstance(each, nodes.Element)}
    setup = "tag_setup" in cell["classes"]
    for raw in [] if setup else list(output.findall(nodes.raw)):
        shorten(raw)
    if source is None:
        return
    if not kinds or (setup and "tag_hide-input" in cell["classes"]):
        cell["classes"].append(TAKEN)
    elif kinds <= {"claim", "table"}:
        source["classes"].append(TAKEN)
    else:
        words = "code of the set-up" if setup else "code of this figure" * ("figure" in kinds)
        cell.remove(source)
        fold = nodes.raw("", FOLD.format(words or "code"), format="html")
        cell += [fold, source, nodes.raw("", "</details>", format="html")]


class QuietCells(SphinxPostTransform):
    """Takes out and folds the code that chapters hide."""

    default_priority = 3  # before myst-nb chooses among the forms of an output, at 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Go through the cells of a page."""
        for cell in cells(self.document):
            if hidden(cell):
                quieten(cell)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.add_post_transform(QuietCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
