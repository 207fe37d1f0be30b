"""All claims on a page: how many hold, in one picture, and in lines that unfold."""

import json
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .card_citations import cited
from .claim_outputs import anchor, scoreboards
from .multiplicity import counts, tally
from .picture import picture
from .registry import told

PARTS = ("all", "judged", "tally", "picture")


class scoreboard(nodes.General, nodes.Element):
    """The place of what is made when all pages have been read."""


class Scoreboard(SphinxDirective):
    """`{scoreboard}`: all claims.

    `{scoreboard} judged`: how many stay where they are judged together; `tally`: how many hold;
    `picture`: the small picture.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Note the page."""
        what = directives.choice(self.arguments[0], PARTS) if self.arguments else "all"
        data = self.env.metadata[self.env.docname]
        data["scoreboard"] = "all" if data.get("scoreboard") == "all" else what
        return [scoreboard(what=what)]


class FillScoreboard(SphinxPostTransform):
    """Makes the parts; before Sphinx resolves links, at 10."""

    default_priority = 8

    def run(self, **kwargs: Any) -> None:
        """Replace the directive's places."""
        for place in list(self.document.findall(scoreboard)):
            claims = [
                claim
                for page in self.env.collect_relations()  # in the order of the contents
                for claim in told(self.env, page)
            ]
            place.replace_self(getattr(self, place["what"])(claims))

    def tally(self, claims: list[dict[str, Any]]) -> list[nodes.Node]:
        """How many claims hold, in one line that leads to the scoreboard."""
        line = nodes.paragraph("", f"{tally(claims)}. ", classes=["bn-tally"])
        for page in sorted(scoreboards(self.env)):
            address = self.app.builder.get_relative_uri(self.env.docname, page)
            line += nodes.reference("", "See them all", refuri=address, internal=True)
        return [line]

    def picture(self, claims: list[dict[str, Any]], small: bool = True) -> list[nodes.Node]:
        """All findings in one drawing, which only a page can show."""
        html = picture(self.app, self.env.docname, claims, small)
        return [nodes.raw("", html, format="html", classes=["bn-findings"])]

    def judged(self, claims: list[dict[str, Any]]) -> list[nodes.Node]:
        """What becomes of the verdicts where all claims are looked at together."""
        return [nodes.paragraph("", each) for each in counts(claims)[1:]]

    def all(self, claims: list[dict[str, Any]]) -> list[nodes.Node]:
        """The picture, and the lines with headlines first and checks last."""
        claims_in_order = sorted(claims, key=lambda c: (not c["headline"], c["check"]))
        lines = "".join(map(self.line, claims_in_order))
        return [
            nodes.paragraph("", counts(claims)[0]),
            *self.picture(claims, small=False),
            nodes.raw("", live(lines), format="html"),
        ]

    def line(self, claim: dict[str, Any]) -> str:
        """A claim with its source, and a link to its card."""
        from bnutils.evidence.card_html import html_line, terms
        from bnutils.evidence.claims import Claim

        chapter = self.env.titles[claim["page"]].astext()
        kinds = ["check" if claim["check"] else claim["kind"], "headline" * claim["headline"]]
        kind = ", ".join(filter(None, kinds))
        facts = {
            "Measured": claim["quantity"], "Claimed": claim["claimed"], "Source": claim["source"],
            "In the source": claim["paper"], "Kind": kind,
        }  # fmt: skip
        page = self.env.docname
        shown = terms(
            [(term, text) for term, text in facts.items() if text],
            lambda source: cited(self.app, page, source),
        )
        address = f"{self.app.builder.get_relative_uri(page, claim['page'])}#{anchor(claim)}"
        link = f'<a class="reference internal" href="{address}">Its card in {escape(chapter)}</a>'
        inside = f'<div class="inside">{shown}<p>{link}</p></div>'
        sorted_by = {key: claim[key] for key in ("verdict", "source")}
        sorted_by |= {"kind": kind, "chapter": chapter}
        data = "".join(f' data-{name}="{escape(text)}"' for name, text in sorted_by.items())
        return html_line(Claim.from_dict(claim), inside, data)


def live(lines: str) -> str:
    """The lines, which a script may take over and make sort and filter."""
    chosen = dict.fromkeys(("verdict", "kind", "chapter", "words"), "")
    state = json.dumps({"claims": [], "order": "book", **chosen})
    return (
        '<div class="bn-explorable" data-module="scoreboard">'
        f'<div class="bn-still bn-lines">{lines}</div>'
        f'<script type="application/json">{state}</script></div>'
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.forest")
    app.add_directive("scoreboard", Scoreboard)
    app.add_node(scoreboard)
    app.add_post_transform(FillScoreboard)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
