"""Forest plots: findings with their intervals on one scale, each linked to its card.

An effect is measured in its own smallest effect that matters, of ratios in logarithms; to the
right is what the claim says. The scale is logarithmic beyond about 1.
"""

from html import escape
from math import copysign, log, log10
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
    "Mean and interval, in units of the smallest effect that matters, which the band marks: "
    '<span class="supported">●</span> supported, <span class="contradicted">◆</span> contradicted, '
    '<span class="no-relevant-effect">□</span> no relevant effect, '
    '<span class="undecided">○</span> undecided.'
)
LIMIT = 300.0  # times what matters; beyond it an effect lies on the edge
TICKS = (-100, -10, -1, 1, 10, 100)
LABELS, EDGE = 42, 98  # per cent of the width, between which the scale lies
ROW, HEAD = 24, 36  # pixels
FEWEST = 3  # findings of a chapter that has a plot


def effects(claim: dict[str, Any]) -> list[float]:
    """Mean and both ends of the interval as claimed, in smallest effects that matter."""
    found, reference, delta = claim["evidence"], claim["reference"], claim["delta"]
    sign = 1 if claim["direction"] == "above" else -1
    values = [found["mean"], *sorted((found["low"], found["high"]), key=lambda end: sign * end)]
    if found["log"]:
        return [sign * log(value / reference) / log(delta) for value in values]
    return [sign * (value - reference) / delta for value in values]


def place(effect: float, labels: float = LABELS) -> float:
    """Where an effect lies, in per cent of the width, right of that of the labels."""
    size = log10(1 + min(abs(effect), LIMIT)) / log10(1 + LIMIT)
    return round((labels + EDGE) / 2 + copysign(size, effect) * (EDGE - labels) / 2, 2)


def findings(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The claims that are no checks and have an interval to draw."""
    return [c for c in claims if not c["check"] and c["evidence"]["mean"] is not None]


class Plot:
    """A drawing on a page, whose scale begins right of the ``labels``, in per cent of its width."""

    def __init__(self, app: Sphinx, page: str, labels: float = LABELS) -> None:
        self.app, self.page, self.labels = app, page, labels
        self.drawn, self.y = list[str](), HEAD

    def link(self, page: str) -> str:
        """The address of another page."""
        return self.app.builder.get_relative_uri(self.page, page)

    def mark(self, claim: dict[str, Any], y: float, before: str, more: str = "") -> None:
        """The interval of a claim and the shape of its verdict, linked, upon what is ``before``.

        Its words are a label, not a title: there the script that marks what was searched stops.
        """
        mean, low, high = (place(effect, self.labels) for effect in effects(claim))
        words = escape(f"{claim['statement']} {claim['verdict'].capitalize()}: {claim['short']}")
        kind = claim["verdict"].replace(" ", "-") + " headline" * claim["headline"]
        self.drawn.append(
            f'<a href="{self.link(claim["page"])}#{anchor(claim)}" class="{kind}" '
            f'aria-label="{words}"{more}>{before}'
            f'<line x1="{low}%" x2="{high}%" y1="{y}" y2="{y}"/>'
            f'<svg x="{mean}%" y="{y}" overflow="visible">{SHAPES[claim["verdict"]]}</svg></a>'
        )

    def row(self, claim: dict[str, Any]) -> None:
        """A claim with its name."""
        area = f'<rect y="{self.y}" width="100%" height="{ROW}" class="row"/>'
        name = f'<text x="4" y="{self.y + ROW // 2 + 4}">{escape(claim["name"])}</text>'
        self.mark(claim, self.y + ROW // 2, area + name)
        self.y += ROW

    def svg(self, words: str) -> str:
        """The whole drawing, with its scale."""
        low, zero, high = (place(effect, self.labels) for effect in (-1, 0, 1))
        numbers = "".join(
            f'<text x="{place(tick, self.labels)}%" y="{y}">{str(tick).replace("-", "−")}</text>'
            for tick in TICKS
            for y in (HEAD - 6, self.y + 16)
        )
        return (
            f'<svg class="bn-forest" role="group" aria-label="{escape(words)}" width="100%" '
            f'height="{self.y + HEAD - 12}">'
            f'<rect x="{low}%" y="{HEAD}" width="{high - low:.2f}%" height="{self.y - HEAD}" '
            'class="band"/>'
            f'<line x1="{zero}%" x2="{zero}%" y1="{HEAD}" y2="{self.y}" class="zero"/>'
            f'<g class="scale">{numbers}<text x="{self.labels}%" y="12" class="start">◂ against'
            f'</text><text x="{EDGE}%" y="12" class="end">as claimed ▸</text></g>'
            f"{''.join(self.drawn)}</svg>"
        )


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
        plot = Plot(self.app, page)
        for claim in claims:
            plot.row(claim)
        title = next(iter(self.document.findall(nodes.title)))
        html = (
            f'<details class="bn-findings"><summary>{summary(claims)}</summary>'
            f"{plot.svg('To the right is what is claimed.')}"
            f'<p class="bn-legend">{LEGEND}</p></details>'
        )
        title.parent.insert(1, nodes.raw("", html, format="html", classes=["bn-findings"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.setup_extension("bookext.evidence.claim_outputs")
    app.add_post_transform(ForestOfChapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
