"""What the cards of claims cannot know: the citation of their source, and the registry."""

import re
from html import escape
from typing import Any

from sphinx.application import Sphinx

from .claim_outputs import claims_by_page
from .registry import in_words, told


def citations(env: Any) -> dict[str, Any]:
    """The entries of the bibliography, by key."""
    return {citation.key: citation for citation in env.get_domain("cite").citations}


def cited(app: Sphinx, page: str, source: str) -> str:
    """The HTML of a source on a page: a link to the bibliography where it is a key of that."""
    citation = citations(app.env).get(source)
    if citation is None:
        return escape(source)
    address = app.builder.get_relative_uri(page, citation.bibliography_key.docname)
    return (
        f'<a class="reference internal" href="{address}#{citation.citation_id}">'
        f"{escape(citation.formatted_entry.label)}</a>"
    )


def told_in_markdown(app: Sphinx, card: str, found: dict[str, Any]) -> str:
    """A card in Markdown that names its source as the bibliography does, and tells its kind."""
    known = (claim for page in claims_by_page(app.env) for claim in told(app.env, page))
    words = next(in_words(claim) for claim in known if claim["name"] == found["name"])
    card += f"\n- Kind: {words}" * bool(words)
    entry = citations(app.env).get(found["source"])
    if entry is None:
        return card
    page = app.builder.get_target_uri(entry.bibliography_key.docname)
    address = f"{app.config.html_baseurl}{page}#{entry.citation_id}"
    source = f"- Source: [{entry.formatted_entry.label}]({address})"
    return re.sub("^- Source: .*$", lambda _: source, card, flags=re.MULTILINE)
