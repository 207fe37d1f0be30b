"""Citations on the cards of claims, which know only the key of their source."""

import re
from html import escape, unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .claim_outputs import claims_by_page

_SOURCE = re.compile(r'<span data-cite="([^"]*)">.*?</span>')


def citations(env: Any) -> dict[str, Any]:
    """The entries of the bibliography, by key."""
    return {citation.key: citation for citation in env.get_domain("cite").citations}


def cited_in_markdown(app: Sphinx, card: str, key: str) -> str:
    """A card in Markdown that names its source as the bibliography does."""
    entry = citations(app.env).get(key)
    if entry is None:
        return card
    page = app.builder.get_target_uri(entry.bibliography_key.docname)
    address = f"{app.config.html_baseurl}{page}#{entry.citation_id}"
    source = f"- Source: [{entry.formatted_entry.label}]({address})"
    return re.sub("^- Source: .*$", lambda _: source, card, flags=re.MULTILINE)


class CiteOnCards(SphinxPostTransform):
    """Puts links to the bibliography in place of the keys on cards."""

    default_priority = 8  # after myst-nb has chosen the card, at 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Rewrite the cards of a page."""
        if not claims_by_page(self.env).get(self.env.docname):
            return
        entries = citations(self.env)

        def cited(match: re.Match[str]) -> str:
            citation = entries.get(unescape(match[1]))
            if citation is None:
                return match[0]
            page = citation.bibliography_key.docname
            address = self.app.builder.get_relative_uri(self.env.docname, page)
            return (
                f'<a class="reference internal" href="{address}#{citation.citation_id}">'
                f"{escape(citation.formatted_entry.label)}</a>"
            )

        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if _SOURCE.search(text):
                raw.replace_self(nodes.raw("", _SOURCE.sub(cited, text), **raw.attributes))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_post_transform(CiteOnCards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
