"""A claim in HTML: a card, and a line that unfolds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from bnutils.evidence.bars import bar
from bnutils.evidence.cards import VERDICT_LOOKS, facts, rest
from bnutils.evidence.statements import Statement

# No colour of its own but the verdict's: the rest follows the page, light or dark.
CARD_STYLE = """
.bn-claim{border:1px solid rgb(128 128 128/.4);border-left:5px solid var(--verdict);
border-radius:6px;padding:.6em 1em;margin:1em 0;max-width:45em;line-height:1.45}
.bn-claim p,.bn-claim dl,.bn-claim dt,.bn-claim dd{margin:0;padding:0;font-size:1em}
.bn-claim .head{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2em .8em}
.bn-claim .says{flex:1 1 14em;font-size:1.05em;font-weight:600}
.bn-claim .badge{background:var(--verdict);color:#fff;border-radius:1em;padding:.1em .7em;
font-size:.85em;font-weight:600;white-space:nowrap;-webkit-print-color-adjust:exact;
print-color-adjust:exact}
.bn-claim .check{border:1px solid;border-radius:1em;padding:.05em .7em;font-size:.85em}
.bn-claim .found{display:flex;flex-wrap:wrap;align-items:center;gap:.2em 1.5em;margin:.3em 0}
.bn-claim .found p{flex:1 1 13em}
.bn-claim .found b{font-size:1.2em}
.bn-claim svg{flex:none;max-width:100%;height:auto;font-size:11px;
--line:color-mix(in srgb,var(--verdict) 65%,currentColor)}
.bn-claim dl{display:flex;flex-wrap:wrap;gap:0 1em;font-size:.85em}
.bn-claim dt{display:inline;font-weight:400;opacity:.75}
.bn-claim dt::after{content:": "}
.bn-claim dd{display:inline}
.bn-claim details{margin:.2em 0 0;padding:0;border:0;background:none;box-shadow:none}
.bn-claim summary{font-size:.85em;cursor:pointer;padding:.2em 0}
@media print{.bn-claim{break-inside:avoid}
.bn-claim details::details-content{content-visibility:visible;display:block}}
"""


def html_card(
    claim: Statement,
    cite: Callable[[str], str] = escape,
    more: Sequence[tuple[str, str]] = (),
    beside: str = "",
) -> str:
    """The claim as an HTML article; its style is `CARD_STYLE`.

    ``cite`` gives the HTML of a source; ``more`` are further facts, as term and text, and
    ``beside`` is HTML at the right of the verdict.
    """
    symbol, colour = VERDICT_LOOKS[claim.verdict]
    anchor = f"claim-{claim.name}"
    check = '<span class="check">Check</span>' if claim.check else ""
    return (
        f'<article class="bn-claim" id="{anchor}" aria-labelledby="{anchor}-says" '
        f'style="--verdict:{colour}"><p class="head">'
        f'<span class="says" id="{anchor}-says">{escape(claim.statement)}</span> '
        f'<span class="badge"><span aria-hidden="true">{symbol}</span> '
        f"{claim.verdict.capitalize()}</span>{check}{beside}</p>"
        f'<div class="found">{bar(claim)}<p><b>{escape(claim.short)}</b><br>'
        f"{escape(claim.quantity)}</p></div>{terms([*facts(claim), *more], cite)}"
        f"<details><summary>Data, seeds and tests</summary>{terms(rest(claim), cite)}</details>"
        "</article>"
    )


def html_line(claim: Statement, inside: str, data: str = "") -> str:
    """The claim in one line, with its mark and number, that unfolds to the HTML ``inside``.

    Of a check the line says that it was checked. ``data`` are further attributes.
    """
    symbol, colour = VERDICT_LOOKS[claim.verdict]
    what, before = ("check", "Checked: ") if claim.check else ("finding", "")
    number = "" if claim.check else f' <span class="ours">{escape(claim.short)}</span>'
    return (
        f'<details class="bn-line {what}" style="--verdict:{colour}"{data}><summary>'
        f'<span class="mark" role="img" aria-label="{claim.verdict.capitalize()}">{symbol}</span> '
        f'<span class="states">{before}{escape(claim.statement)}</span>{number}</summary>'
        f"{inside}</details>"
    )


def terms(details: Sequence[tuple[str, str]], cite: Callable[[str], str] = escape) -> str:
    """Terms with their texts as a list; ``cite`` gives the HTML of a source."""
    rows = (
        f"<div><dt>{term}</dt><dd>{cite(text) if term == 'Source' else escape(text)}</dd></div>"
        for term, text in details
    )
    return f"<dl>{''.join(rows)}</dl>"
