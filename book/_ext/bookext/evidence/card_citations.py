"""What the cards of claims cannot know: the citation of their source, and the registry."""

import re
from html import escape, unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .claim_outputs import anchor, claims_by_page
from .registry import in_words, told

_SOURCE = re.compile(r'<span data-cite="([^"]*)">.*?</span>')
_BADGES = re.compile(r'(<article class="bn-claim" id="([^"]*)".*?)</p>', re.DOTALL)


def citations(env: Any) -> dict[str, Any]:
    """The entries of the bibliography, by key."""
    return {citation.key: citation for citation in env.get_domain("cite").citations}


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


class TellOnCards(SphinxPostTransform):
    """Puts links to the bibliography in place of the keys on cards, and kinds beside verdicts."""

    default_priority = 8  # after myst-nb has chosen the card, at 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Rewrite the cards of a page."""
        claims = {anchor(claim): in_words(claim) for claim in told(self.env, self.env.docname)}
        if not claims:
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

        def marked(match: re.Match[str]) -> str:
            words = escape(claims.get(match[2], ""))
            return f"{match[1]} <small>{words}</small></p>" if words else match[0]

        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if 'class="bn-claim"' in text:
                card = _BADGES.sub(marked, _SOURCE.sub(cited, text))
                raw.replace_self(nodes.raw("", card, **raw.attributes))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_post_transform(TellOnCards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
