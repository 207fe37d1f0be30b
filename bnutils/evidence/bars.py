"""A drawing of a claim's interval beside its runs, its reference and what matters."""

from __future__ import annotations

from math import log

from bnutils.evidence.statements import Statement

WIDTH, HEIGHT = 300, 60  # pixels
MARGIN = 1 / 6  # of what is drawn, on both sides


def bar(claim: Statement) -> str:
    """The drawing as SVG, of ratios on a logarithmic axis; nothing where it is undefined."""
    found, reference = claim.evidence, claim.reference
    if not found.defined:
        return ""
    scale = log if found.log else float
    ends = [scale(x) for x in (*found.runs, found.low, found.high, reference, *claim.band)]
    x0, span = min(ends), max(ends) - min(ends)

    def place(value: float) -> float:
        return WIDTH * (MARGIN + (scale(value) - x0) / span) / (1 + 2 * MARGIN)

    low, mean, high, at = map(place, (found.low, found.mean, found.high, reference))
    small, large = map(place, claim.band)
    above = claim.direction == "above"
    start, width = (at, WIDTH - at) if above else (0, at)
    claimed = f'x="{WIDTH}" text-anchor="end">claimed ▸' if above else 'x="0">◂ claimed'
    kind = 'x="0">' if above else f'x="{WIDTH}" text-anchor="end">'
    axis = f'<text y="10" {kind}logarithmic</text>' if found.log else ""
    dots = "".join(f'<circle cx="{place(run):.1f}" cy="39" r="2.2"/>' for run in found.runs)
    return (
        f'<svg role="img" aria-label="{_words(claim)}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" fill="currentColor">'
        f'<rect x="{start:.1f}" y="14" width="{width:.1f}" height="32" opacity=".08"/>'
        f'<rect class="band" x="{small:.1f}" y="14" width="{large - small:.1f}" height="32" '
        'opacity=".16"/>'
        f'<text y="10" {claimed}</text>{axis}'
        f'<path d="M{at:.1f} 14V48" stroke="currentColor" stroke-dasharray="3 2"/>'
        f'<text x="{at:.1f}" y="58" text-anchor="middle">{reference:g}</text>'
        f'<g class="runs" opacity=".6">{dots}</g>'
        f'<g fill="var(--line)" stroke="var(--line)" stroke-width="3">'
        f'<path d="M{low:.1f} 25H{high:.1f}M{low:.1f} 19v12M{high:.1f} 19v12"/>'
        f'<circle cx="{mean:.1f}" cy="25" r="4"/></g></svg>'
    )


def _words(claim: Statement) -> str:
    where = {
        "supported": "on the claimed side of",
        "contradicted": "on the other side of",
        "no relevant effect": "within the band of what is too small to matter around",
    }.get(claim.verdict, "around, or too near to,")
    return f"The interval lies {where} {claim.reference:g}; a dot is a run."
