"""The search knows the claims of the book, and a script shows what it finds while one types.

Chapters, sections and terms are in the index that Sphinx writes for its search; claims join them.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from ..evidence.claim_outputs import anchor

STYLE, SCRIPT = "searching.css", "searching.js"  # in book/_assets


def index_claims(app: Sphinx, doctree: nodes.document) -> None:
    """Note the claims of a page as objects of the book, which the index lists."""
    env: Any = app.env
    objects = env.get_domain("std").objects  # Sphinx forgets those of a page with the page
    for claim in env.metadata[env.docname].get("claims", []):
        objects["claim", claim["statement"].rstrip(".")] = (env.docname, anchor(claim))


def keep_terms(app: Sphinx, env: Any) -> list[str]:
    """Pages with terms, to write again: Sphinx notes terms after it has stored what it knows."""
    return sorted({page for page, _ in env.get_domain("std")._terms.values()})


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_object_type("claim", "claim", objname="claim")
    app.connect("doctree-read", index_claims, priority=600)  # after they have been collected
    app.connect("env-updated", keep_terms)
    app.add_js_file(SCRIPT, loading_method="defer")
    app.add_css_file(STYLE)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
