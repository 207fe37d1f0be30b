"""Collects the claims of all chapters from the outputs of their cells.

A claim comes out of a cell as an output of the type `MIME`, beside the card that shows it.
"""

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.citation_target import CitationTarget
from sphinxcontrib.bibtex.roles import CitationRef

from ..execution.mimes import understand

MIME = "application/vnd.bnutils.claim+json"
OWN = "this book"  # the source of a claim that is the book's own


class ClaimRenderer:
    """Keeps a claim in the page's tree, where myst-nb would warn of an unknown type."""

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """A node for a claim, None for anything else."""
        if data.mime_type != MIME:
            return None
        claim = {**json.loads(json.dumps(data.content)), "line": data.line or 0}
        return [] if inline else [nodes.container(claim=claim)]


def claims_by_page(env: Any) -> dict[str, list[dict[str, Any]]]:
    """The claims of each page that has some, in the order of its cells."""
    return {name: data["claims"] for name, data in env.metadata.items() if data.get("claims")}


def scoreboards(env: Any) -> set[str]:
    """Pages that show all claims."""
    return {name for name, data in env.metadata.items() if data.get("scoreboard") == "all"}


def tellers(env: Any) -> set[str]:
    """Pages that tell something of all claims."""
    return {name for name, data in env.metadata.items() if data.get("scoreboard")}


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the claims of a page, and cite their sources there."""
    env: Any = app.env
    found = [node["claim"] for node in doctree.findall(nodes.container) if node.get("claim")]
    env.metadata[env.docname]["claims"] = found  # Sphinx forgets it with the page
    for claim in found:
        if claim["source"] != OWN:
            target = CitationTarget(key=claim["source"], pre="", post="")
            reference = CitationRef(anchor(claim), env.docname, claim["line"], [target])
            env.get_domain("cite").citation_refs.append(reference)


def anchor(claim: dict[str, Any]) -> str:
    """The id of a claim's card in its page."""
    return f"claim-{claim['name']}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("sphinxcontrib.bibtex")
    understand(app, ClaimRenderer)
    app.connect("doctree-read", collect)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
