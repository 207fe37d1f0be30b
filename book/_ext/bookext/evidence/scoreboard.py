"""The page of all claims."""

import json
from collections import Counter
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .card_citations import citations
from .claim_outputs import anchor, claims_by_page

VERDICTS = ("supported", "not supported", "inconclusive")
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
                {**claim, "page": page}
                for page in self.env.collect_relations()  # in the order of the contents
                for claim in claims_by_page(self.env).get(page, [])
            ]
            table = live(self.table(claims)) if claims else []
            place.replace_self([nodes.paragraph("", "", *counts(claims)), *table])

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
        ours = (
            claim["ours"]
            .replace(" %", "\N{NO-BREAK SPACE}%")
            .replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
        )
        return row(
            [
                nodes.paragraph("", "", link),
                nodes.paragraph("", "", self.source(claim)),
                nodes.paragraph(
                    "", claim["paper"] or "–", classes=[] if claim["paper"] else ["none"]
                ),
                [
                    nodes.paragraph("", ours),
                    nodes.paragraph("", quantity, classes=["quantity"]),
                ],
                nodes.paragraph("", "", badge(claim["verdict"])),
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
    state = json.dumps({"claims": [], "verdict": "", "order": "book", "words": ""})
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


def counts(claims: list[dict[str, Any]]) -> list[nodes.Node]:
    """How many claims there are, and how many of each verdict."""
    if not claims:
        return [nodes.Text("No chapter states a claim yet.")]
    number = Counter(claim["verdict"] for claim in claims)
    data = " and ".join(sorted({claim["data"] for claim in claims}))
    total = f"{len(claims)} claims" if len(claims) > 1 else "One claim"
    found: list[nodes.Node] = [nodes.strong("", total), nodes.Text(f", tested on {data}: ")]
    for verdict in VERDICTS:
        separator = ", " if verdict != VERDICTS[-1] else "."
        found += [nodes.Text(f"{number[verdict]} {verdict}{separator}")]
    return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_directive("scoreboard", Scoreboard)
    app.add_node(scoreboard)
    app.add_post_transform(FillScoreboard)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
