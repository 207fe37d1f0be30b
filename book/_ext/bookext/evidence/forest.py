"""Forest plots: the findings of the book, or of a chapter, one below the other on one scale.

An effect is measured in its own smallest effect that matters, of ratios in logarithms; to the
right is what the claim says. The scale is logarithmic beyond about 1.
"""

from html import escape
from itertools import groupby
from math import copysign, log, log10
from textwrap import wrap
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from .claim_outputs import anchor, scoreboards
from .multiplicity import summary
from .registry import told

SHAPES = {
    "supported": '<circle r="5"/>',
    "contradicted": '<path d="M0-6 6 0 0 6-6 0Z"/>',
    "no relevant effect": '<rect x="-4" y="-4" width="8" height="8" class="hollow"/>',
    "undecided": '<circle r="4" class="hollow"/>',
}
LEGEND = (
    "Mean and 95 % interval, in units of the smallest effect that matters, which the band marks. "
    "● supported, ◆ contradicted, □ no relevant effect, ○ undecided."
)
LIMIT = 300.0  # times what matters; beyond it an effect lies on the edge
TICKS = (-100, -10, -1, 1, 10, 100)
LABELS, EDGE = 42, 98  # per cent of the width, between which the scale lies
ROW, HEAD = 24, 36  # pixels
LONGEST = 38  # letters of a line of a title, which a phone has room for
FEWEST = 3  # findings of a chapter that has a plot


def effects(claim: dict[str, Any]) -> list[float]:
    """Mean and both ends of the interval as claimed, in smallest effects that matter."""
    found, reference, delta = claim["evidence"], claim["reference"], claim["delta"]
    sign = 1 if claim["direction"] == "above" else -1
    values = [found["mean"], *sorted((found["low"], found["high"]), key=lambda end: sign * end)]
    if found["log"]:
        return [sign * log(value / reference) / log(delta) for value in values]
    return [sign * (value - reference) / delta for value in values]


def place(effect: float) -> float:
    """Where an effect lies, in per cent of the width."""
    size = log10(1 + min(abs(effect), LIMIT)) / log10(1 + LIMIT)
    return round((LABELS + EDGE) / 2 + copysign(size, effect) * (EDGE - LABELS) / 2, 2)


def findings(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The claims that are no checks and have an interval to draw."""
    return [c for c in claims if not c["check"] and c["evidence"]["mean"] is not None]


class Plot:
    """A drawing whose rows come one below the other."""

    def __init__(self, app: Sphinx, page: str) -> None:
        self.app, self.page, self.rows, self.y = app, page, list[str](), HEAD

    def heading(self, page: str) -> None:
        """The title of a chapter, as a link."""
        address = self.app.builder.get_relative_uri(self.page, page)
        lines = wrap(self.app.env.titles[page].astext(), LONGEST)
        words = "".join(
            f'<text y="{self.y + 16 * number}">{escape(line)}</text>'
            for number, line in enumerate(lines, 1)
        )
        self.rows.append(f'<a href="{address}">{words}</a>')
        self.y += 16 * len(lines) + ROW - 16

    def row(self, claim: dict[str, Any]) -> None:
        """A claim: its name, its interval and the shape of its verdict, linked to its card."""
        mean, low, high = effects(claim)
        address = f"{self.app.builder.get_relative_uri(self.page, claim['page'])}#{anchor(claim)}"
        words = escape(f"{claim['statement']} {claim['verdict'].capitalize()}: {claim['ours']}")
        y, kind = self.y + ROW // 2, claim["verdict"].replace(" ", "-")
        self.rows.append(
            f'<a href="{address}" class="{kind}" aria-label="{words}"><title>{words}</title>'
            f'<rect y="{self.y}" width="100%" height="{ROW}" class="row"/>'
            f'<text x="4" y="{y + 4}">{escape(claim["name"])}</text>'
            f'<line x1="{place(low)}%" x2="{place(high)}%" y1="{y}" y2="{y}"/>'
            f'<svg x="{place(mean)}%" y="{y}" overflow="visible">{SHAPES[claim["verdict"]]}</svg>'
            "</a>"
        )
        self.y += ROW

    def drawn(self, words: str) -> str:
        """The drawing with its scale."""
        low, zero, high = place(-1), place(0), place(1)
        numbers = "".join(
            f'<text x="{place(tick)}%" y="{y}">{str(tick).replace("-", "−")}</text>'
            for tick in TICKS
            for y in (HEAD - 6, self.y + 16)
        )
        return (
            f'<svg class="bn-forest" role="group" aria-label="{escape(words)}" width="100%" '
            f'height="{self.y + HEAD - 12}">'
            f'<rect x="{low}%" y="{HEAD}" width="{high - low:.2f}%" height="{self.y - HEAD}" '
            'class="band"/>'
            f'<line x1="{zero}%" x2="{zero}%" y1="{HEAD}" y2="{self.y}" class="zero"/>'
            f'<g class="scale">{numbers}<text x="{LABELS}%" y="12" class="start">◂ against</text>'
            f'<text x="{EDGE}%" y="12" class="end">as claimed ▸</text></g>'
            f"{''.join(self.rows)}</svg>"
        )


def forest(app: Sphinx, page: str, claims: list[dict[str, Any]]) -> str:
    """The findings for a page: those of several chapters have the chapters' titles above them."""
    plot = Plot(app, page)
    groups = [(name, list(group)) for name, group in groupby(claims, lambda c: str(c["page"]))]
    for name, group in groups:
        if len(groups) > 1:
            plot.heading(name)
        for claim in group:
            plot.row(claim)
    words = f"{summary(claims)}. To the right is what is claimed."
    return f'{plot.drawn(words)}<p class="bn-legend">{LEGEND}</p>'


class ForestOfChapter(SphinxPostTransform):
    """Puts the findings of a chapter under its title, folded."""

    default_priority = 9
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Add the plot where there are enough findings."""
        page = self.env.docname
        claims = findings(told(self.env, page))
        if len(claims) < FEWEST or page in scoreboards(self.env):
            return
        title = next(iter(self.document.findall(nodes.title)))
        html = (
            f'<details class="bn-findings"><summary>{summary(claims)}</summary>'
            f"{forest(self.app, page, claims)}</details>"
        )
        title.parent.insert(1, nodes.raw("", html, format="html", classes=["bn-findings"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_post_transform(ForestOfChapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
