"""How to cite the book: made from CITATION.cff and the address of the site."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = "CITATION.cff"
KEY = "bnmeasured"


def bibtex(book: dict[str, Any], year: str, address: str) -> str:
    """The entry for LaTeX; double braces keep a name in one piece and capitals as they are."""
    authors = " and ".join(f"{{{author['name']}}}" for author in book["authors"])
    fields = {
        "author": authors,
        "title": f"{{{book['title']}}}",
        "year": year,
        "note": f"Version {book['version']}",
        "url": address,
    }
    width = max(map(len, fields))
    rows = [f"  {name:<{width}} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{KEY},", *rows, "}"])


def sentence(book: dict[str, Any], year: str, address: str) -> str:
    """The same as one line of a list of references."""
    authors = ", ".join(author["name"] for author in book["authors"])
    return f"{authors} ({year}). {book['title']}, version {book['version']}. {address}"


def part_of(anchor: str) -> str:
    """What an address with this anchor leads to, such as "Figure fig-x"."""
    kind, _, name = anchor.partition("-")
    return f"Claim {name}" if kind == "claim" else f"Figure {anchor}"


class CiteThis(SphinxDirective):
    """`{cite-this}`: one line to paste, and the entry for BibTeX.

    `{cite-this} page#anchor` is one line for a figure or a claim.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Fill in the address that the site has in this build."""
        path = Path(self.env.srcdir) / FILE
        self.env.note_dependency(str(path))
        book = yaml.safe_load(path.read_text("utf-8"))
        year, address = str(self.config.copyright), self.config.html_baseurl
        forms = [(sentence(book, year, address), "text"), (bibtex(book, year, address), "bibtex")]
        if self.arguments:
            page, _, anchor = self.arguments[0].partition("#")
            address = urljoin(address, f"{self.env.app.builder.get_target_uri(page)}#{anchor}")
            forms = [(f"{part_of(anchor)} in: {sentence(book, year, address)}", "text")]
        return [
            nodes.literal_block(text, text, language=language, classes=["bn-cite"])
            for text, language in forms
        ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("cite-this", CiteThis)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
