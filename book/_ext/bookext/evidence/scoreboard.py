"""The page of all claims."""

import json
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .card_citations import citations
from .claim_outputs import anchor
from .forest import findings, forest
from .multiplicity import counts
from .registry import told

COLUMNS = {"Claim": 34, "Source": 14, "In the source": 16, "Here": 24, "Verdict": 12}


class scoreboard(nodes.General, nodes.Element):
    """The place of the table, which is made when all pages have been read."""


class Scoreboard(SphinxDirective):
    """`{scoreboard}`: the table of all claims."""

    def run(self) -> list[nodes.Node]:
        """Note the page."""
        self.env.metadata[self.env.docname]["scoreboard"] = True
        return [scoreboard()]


class FillScoreboard(SphinxPostTransform):
    """Makes the table; before Sphinx resolves citations, at 10."""

    default_priority = 8

    def run(self, **kwargs: Any) -> None:
        """Replace the directive's places."""
        for place in list(self.document.findall(scoreboard)):
            claims = [
                claim
                for page in self.env.collect_relations()  # in the order of the contents
                for claim in told(self.env, page)
            ]
            words = [nodes.paragraph("", each) for each in counts(claims)]
            place.replace_self([*words, *(self.shown(claims) if claims else [])])

    def shown(self, claims: list[dict[str, Any]]) -> list[nodes.Node]:
        """The plot of the findings, and the table with headlines first and checks last."""
        found = findings(claims)
        plot = f"<figure>{forest(self.app, self.env.docname, found)}</figure>" if found else ""
        claims = sorted(claims, key=lambda claim: (not claim["headline"], claim["check"]))
        return [nodes.raw("", plot, format="html"), *live(self.table(claims))]

    def table(self, claims: list[dict[str, Any]]) -> nodes.table:
        """One row for each claim."""
        head = nodes.thead("", row([nodes.paragraph("", name) for name in COLUMNS]))
        body = nodes.tbody("", *(self.row(claim) for claim in claims))
        specs = [nodes.colspec(colwidth=width) for width in COLUMNS.values()]
        specs[0]["stub"] = 1
        group = nodes.tgroup("", *specs, head, body, cols=len(COLUMNS))
        return nodes.table("", group, classes=["scoreboard"])

    def row(self, claim: dict[str, Any]) -> nodes.row:
        """A claim with links to its card and to its source."""
        builder, docname = self.app.builder, self.env.docname
        address = f"{builder.get_relative_uri(docname, claim['page'])}#{anchor(claim)}"
        link = nodes.reference("", claim["statement"], refuri=address, internal=True)
        quantity = f"{claim['quantity']}; claimed: {claim['claimed']}"
        kind = ["check" if claim["check"] else claim["kind"], "headline" * claim["headline"]]
        return row(
            [
                [
                    nodes.paragraph("", "", link),
                    nodes.paragraph("", self.env.titles[claim["page"]].astext(), classes=["where"]),
                ],
                nodes.paragraph("", "", self.source(claim)),
                nodes.paragraph(
                    "", claim["paper"] or "–", classes=[] if claim["paper"] else ["none"]
                ),
                [
                    nodes.paragraph("", claim["short"]),
                    nodes.paragraph("", quantity, classes=["quantity"]),
                ],
                [
                    nodes.paragraph("", "", badge(claim["verdict"])),
                    nodes.paragraph("", ", ".join(filter(None, kind)), classes=["kind"]),
                ],
            ]
        )

    def source(self, claim: dict[str, Any]) -> nodes.Node:
        """A citation; words where there is none, or where the key is not known."""
        key = claim["source"]
        if key not in citations(self.env):
            return nodes.inline("", key)
        return addnodes.pending_xref(
            "", nodes.inline("", key), refdomain="cite", reftype="t", reftarget=key,
            refdoc=self.env.docname, refwarn=True,
        )  # fmt: skip


def live(table: nodes.table) -> list[nodes.Node]:
    """The table, which a script may take over and make sort and filter."""
    chosen = dict.fromkeys(("verdict", "kind", "chapter", "words"), "")
    state = json.dumps({"claims": [], "order": "book", **chosen})
    before = '<div class="bn-explorable" data-module="scoreboard"><div class="bn-still">'
    after = f'</div><script type="application/json">{state}</script></div>'
    return [nodes.raw("", before, format="html"), table, nodes.raw("", after, format="html")]


def row(cells: list[Any]) -> nodes.row:
    """A row of cells, each a node or several."""
    return nodes.row("", *(nodes.entry("", *(c if isinstance(c, list) else [c])) for c in cells))


def badge(verdict: str) -> nodes.inline:
    """A verdict, whose class gives it symbol and colour."""
    name = f"verdict-{verdict.replace(' ', '-')}"
    return nodes.inline("", verdict.capitalize(), classes=["verdict", name])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.forest")
    app.add_directive("scoreboard", Scoreboard)
    app.add_node(scoreboard)
    app.add_post_transform(FillScoreboard)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
