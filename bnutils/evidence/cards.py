"""How a claim is shown: a card for notebooks and pages, and the same in plain text."""

from __future__ import annotations

import re
from html import escape

from bnutils.evidence.statements import Statement

# Word, symbol and colour each tell the verdict. White letters on the colours have a contrast
# of at least 5, and common colour visions tell them apart.
VERDICT_LOOKS = {
    "supported": ("✓", "#00735a"),
    "contradicted": ("✗", "#b3204d"),
    "no relevant effect": ("≈", "#6a4fa3"),
    "undecided": ("?", "#5f6672"),
}
BAR_WIDTH, BAR_HEIGHT = 300, 58  # pixels
# No colour of its own but the verdict's: the rest follows the page, light or dark.
CARD_STYLE = """
.bn-claim{border:1px solid rgb(128 128 128/.4);border-left:5px solid var(--verdict);
border-radius:6px;padding:.8em 1em;margin:1em 0;max-width:45em;line-height:1.45}
.bn-claim p,.bn-claim dl,.bn-claim dt,.bn-claim dd{margin:0;padding:0;font-size:1em}
.bn-claim .badge{background:var(--verdict);color:#fff;border-radius:1em;padding:.1em .7em;
font-size:.85em;font-weight:600;white-space:nowrap}
.bn-claim .says{font-size:1.1em;font-weight:600;margin:.5em 0}
.bn-claim .found{display:flex;flex-wrap:wrap;align-items:center;gap:.3em 1.5em}
.bn-claim .found p{flex:1 1 13em}
.bn-claim .found b{font-size:1.4em}
.bn-claim svg{flex:none;max-width:100%;height:auto;font-size:11px;
--line:color-mix(in srgb,var(--verdict) 65%,currentColor)}
.bn-claim dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(max(8.5em,26%),1fr));
gap:.4em 1.5em;margin-top:.8em;font-size:.9em}
.bn-claim dt{font-weight:400;opacity:.75;font-size:.9em}
"""


def html_card(claim: Statement) -> str:
    """The claim as an HTML article that needs no script and no other style sheet.

    The source is marked as ``data-cite``, so that a book can put a citation in its place.
    """
    symbol, colour = VERDICT_LOOKS[claim.verdict]
    anchor = f"claim-{claim.name}"
    number, _, unit = claim.mean.partition(" ")
    found = escape(f"{unit} ({claim.interval})").strip()
    found = found.replace(" %", "&nbsp;%")
    terms = "".join(f"<div><dt>{term}</dt><dd>{text}</dd></div>" for term, text in _terms(claim))
    return (
        f'<article class="bn-claim" id="{anchor}" aria-labelledby="{anchor}-says" '
        f'style="--verdict:{colour}">'
        f"<style>{CARD_STYLE.replace(chr(10), '')}</style>"
        f'<p><span class="badge"><span aria-hidden="true">{symbol}</span> '
        f"{claim.verdict.capitalize()}</span></p>"
        f'<p class="says" id="{anchor}-says">{escape(claim.statement)}</p>'
        f'<div class="found">{_bar(claim)}<p><b>{number}</b> {found}<br>'
        f"{escape(claim.quantity)}</p></div><dl>{terms}</dl></article>"
    )


def markdown_card(claim: Statement) -> str:
    """The claim as a paragraph and a list in Markdown."""
    symbol, _ = VERDICT_LOOKS[claim.verdict]
    details = [f"- {term}: {_markdown(text)}" for term, text in _details(claim)]
    return "\n".join(
        [
            f"**{symbol} {claim.verdict.capitalize()}.** {_markdown(claim.statement)}",
            "",
            f"- {_markdown(claim.quantity)}: {_markdown(claim.mean)} ({claim.interval})",
            *details,
        ]
    )


def plain_card(claim: Statement) -> str:
    """The claim in lines of plain text."""
    symbol, _ = VERDICT_LOOKS[claim.verdict]
    lines = [f"{term}: {text}" for term, text in _details(claim)]
    return "\n  ".join(
        [
            f"{symbol} {claim.verdict.capitalize()}: {claim.statement}",
            f"{claim.quantity}: {claim.mean} ({claim.interval})",
            *lines,
        ]
    )


def _details(claim: Statement) -> list[tuple[str, str]]:
    seconds = f"{claim.seconds:.0f} s" if claim.seconds >= 1 else "less than 1 s"
    cost = f"{claim.seconds / 60:.0f} minutes" if claim.seconds >= 120 else seconds
    found = [
        ("Claimed", claim.claimed),
        ("Source", claim.source),
        ("In the source", claim.paper),
        ("Setting", claim.setting),
        ("Data", claim.data),
        ("Training time", cost),
    ]
    return [(term, text) for term, text in found if text]


def _terms(claim: Statement) -> list[tuple[str, str]]:
    def marked(term: str, text: str) -> str:
        cited = term == "Source" and claim.source != "this book"
        return f'<span data-cite="{escape(text)}">{escape(text)}</span>' if cited else escape(text)

    return [(term, marked(term, text)) for term, text in _details(claim)]


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#$|~&!])", r"\\\1", text)


def _bar(claim: Statement) -> str:
    """A drawing of the interval, the reference and the claimed side; nothing if undefined."""
    found = claim.evidence
    if not found.defined:
        return ""
    left, right = min(found.low, claim.reference), max(found.high, claim.reference)
    span = (right - left) or 1.0
    x0, x1 = left - span / 4, right + span / 4

    def place(value: float) -> str:
        return f"{BAR_WIDTH * (value - x0) / (x1 - x0):.1f}"

    low, mean, high, reference = map(place, (found.low, found.mean, found.high, claim.reference))
    above = claim.direction == "above"
    start, width = (reference, BAR_WIDTH - float(reference)) if above else ("0", float(reference))
    side = f'x="{BAR_WIDTH}" text-anchor="end">claimed ▸' if above else 'x="0">◂ claimed'
    where = {"supported": "on the claimed side of", "contradicted": "on the other side of"}
    words = f"The interval lies {where.get(claim.verdict, 'around')} {claim.reference:g}."
    return (
        f'<svg role="img" aria-label="{words}" width="{BAR_WIDTH}" height="{BAR_HEIGHT}" '
        f'viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" fill="currentColor">'
        f'<rect x="{start}" y="15" width="{width:.1f}" height="26" opacity=".1"/>'
        f'<text y="10" {side}</text>'
        f'<path d="M{reference} 15V44" stroke="currentColor" stroke-dasharray="3 2"/>'
        f'<text x="{reference}" y="55" text-anchor="middle">{claim.reference:g}</text>'
        f'<g fill="var(--line)" stroke="var(--line)" stroke-width="3">'
        f'<path d="M{low} 28H{high}M{low} 22v12M{high} 22v12"/>'
        f'<circle cx="{mean}" cy="28" r="4"/></g></svg>'
    )
