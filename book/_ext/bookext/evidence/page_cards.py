"""The claims of a page: one as a card, the others as lines that unfold to theirs."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .card_citations import cited
from .claim_outputs import anchor
from .registry import in_words, told

STYLE = "cards.css"
_CARD = re.compile(r'<article class="bn-claim" id="claim-([^"]*)"')


def first(claims: list[dict[str, Any]]) -> str:
    """The name of the claim with a card: the first headline, else the first finding, if any."""
    findings = [claim for claim in claims if not claim["check"]]
    headlines = [claim for claim in findings if claim["headline"]]
    return next((str(claim["name"]) for claim in [*headlines, *findings]), "")


class ClaimsOfPage(SphinxPostTransform):
    """Puts cards and lines in the place of what notebooks show of claims."""

    default_priority = 8  # after myst-nb has chosen the card, at 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Write the claims of a page anew."""
        claims = {str(claim["name"]): claim for claim in told(self.env, self.env.docname)}
        if not claims:
            return
        in_full = first(list(claims.values()))
        for raw in list(self.document.findall(nodes.raw)):
            found = _CARD.search(raw.astext())
            if found and found[1] in claims:
                html = self.shown(claims[found[1]], found[1] == in_full)
                raw.replace_self(nodes.raw("", html, **raw.attributes))

    def shown(self, claim: dict[str, Any], in_full: bool) -> str:
        """The HTML of a claim, with the citation of its source and its kind."""
        from bnutils.evidence.card_html import html_card, html_line
        from bnutils.evidence.claims import Claim

        restored, kind = Claim.from_dict(claim), in_words(claim)
        card = html_card(
            restored,
            lambda source: cited(self.app, self.env.docname, source),
            [("Kind", kind)] if kind else [],
            f' <a class="bn-copy" href="#{anchor(claim)}" title="Copy the link to this claim">'
            "Link</a>",
        )
        return card if in_full else html_line(restored, card)


def add_style(app: Sphinx) -> None:
    """Write the style of cards into the site: pages have none of their own."""
    if app.builder.format == "html":
        from bnutils.evidence.card_html import CARD_STYLE

        static = Path(app.outdir) / "_static"
        static.mkdir(parents=True, exist_ok=True)
        (static / STYLE).write_text(CARD_STYLE, "utf-8")
        app.add_css_file(STYLE)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_post_transform(ClaimsOfPage)
    app.connect("builder-inited", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
