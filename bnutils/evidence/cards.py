"""How a claim is shown: a card for notebooks and pages, and the same in plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from bnutils.evidence.bars import bar
from bnutils.evidence.statements import Statement

# Word, symbol and colour each tell the verdict. White letters on the colours have a contrast
# of at least 5, and common colour visions tell them apart.
VERDICT_LOOKS = {
    "supported": ("✓", "#007a50"),
    "contradicted": ("✗", "#8a1020"),
    "no relevant effect": ("≈", "#5b3fd0"),
    "undecided": ("?", "#4a4e56"),
}
# No colour of its own but the verdict's: the rest follows the page, light or dark.
CARD_STYLE = """
.bn-claim{border:1px solid rgb(128 128 128/.4);border-left:5px solid var(--verdict);
border-radius:6px;padding:.8em 1em;margin:1em 0;max-width:45em;line-height:1.45}
.bn-claim p,.bn-claim dl,.bn-claim dt,.bn-claim dd{margin:0;padding:0;font-size:1em}
.bn-claim .badge{background:var(--verdict);color:#fff;border-radius:1em;padding:.1em .7em;
font-size:.85em;font-weight:600;white-space:nowrap}
.bn-claim .check{border:1px solid;border-radius:1em;padding:.05em .7em;font-size:.85em}
.bn-claim .says{font-size:1.1em;font-weight:600;margin:.5em 0}
.bn-claim .found{display:flex;flex-wrap:wrap;align-items:center;gap:.3em 1.5em}
.bn-claim .found p{flex:1 1 13em}
.bn-claim .found b{font-size:1.4em}
.bn-claim svg{flex:none;max-width:100%;height:auto;font-size:11px;
--line:color-mix(in srgb,var(--verdict) 65%,currentColor)}
.bn-claim dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(max(8.5em,26%),1fr));
gap:.4em 1.5em;margin-top:.8em;font-size:.9em}
.bn-claim dt{font-weight:400;opacity:.75;font-size:.9em}
.bn-claim details{margin:.6em 0 0;padding:0;border:0;background:none;box-shadow:none}
.bn-claim summary{font-size:.9em;cursor:pointer}
@media print{.bn-claim details::details-content{content-visibility:visible;display:block}}
"""


def html_card(claim: Statement) -> str:
    """The claim as an HTML article that needs no script and no other style sheet.

    The source is marked as ``data-cite``, so that a book can put a citation in its place.
    """
    symbol, colour = VERDICT_LOOKS[claim.verdict]
    anchor = f"claim-{claim.name}"
    check = ' <span class="check">Check</span>' if claim.check else ""
    return (
        f'<article class="bn-claim" id="{anchor}" aria-labelledby="{anchor}-says" '
        f'style="--verdict:{colour}">'
        f"<style>{CARD_STYLE.replace(chr(10), '')}</style>"
        f'<p><span class="badge"><span aria-hidden="true">{symbol}</span> '
        f"{claim.verdict.capitalize()}</span>{check}</p>"
        f'<p class="says" id="{anchor}-says">{escape(claim.statement)}</p>'
        f'<div class="found">{bar(claim)}<p><b>{escape(claim.short)}</b><br>'
        f"{escape(claim.quantity)}</p></div>{_terms(claim, _facts(claim))}"
        f"<details><summary>Data, seeds and tests</summary>{_terms(claim, _rest(claim))}</details>"
        "</article>"
    )


def markdown_card(claim: Statement) -> str:
    """The claim as a paragraph and a list in Markdown."""
    symbol, _ = VERDICT_LOOKS[claim.verdict]
    details = [f"- {term}: {_markdown(text)}" for term, text in (*_facts(claim), *_rest(claim))]
    return "\n".join(
        [
            f"**{symbol} {_verdict(claim)}.** {_markdown(claim.statement)}",
            "",
            f"- {_markdown(claim.quantity)}: {_markdown(claim.short)}",
            *details,
        ]
    )


def plain_card(claim: Statement) -> str:
    """The claim in lines of plain text."""
    symbol, _ = VERDICT_LOOKS[claim.verdict]
    lines = [f"{term}: {text}" for term, text in (*_facts(claim), *_rest(claim))]
    return "\n  ".join(
        [
            f"{symbol} {_verdict(claim)}: {claim.statement}",
            f"{claim.quantity}: {claim.short}",
            *lines,
        ]
    )


def ranges(seeds: Sequence[int]) -> str:
    """Seeds as they are written: ``100-107``, ``0, 2-4``."""
    starts = [s for s in seeds if s - 1 not in seeds]
    ends = [s for s in seeds if s + 1 not in seeds]
    pairs = zip(sorted(starts), sorted(ends), strict=True)
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in pairs)


def _verdict(claim: Statement) -> str:
    return claim.verdict.capitalize() + (" (check)" if claim.check else "")


def _facts(claim: Statement) -> list[tuple[str, str]]:
    """What every reader of a card should see, by its term."""
    found = [
        ("Claimed", claim.claimed),
        ("Source", claim.source),
        ("In the source", claim.paper),
        ("Setting", claim.setting),
        ("Diverged", claim.diverged),
    ]
    return [(term, text) for term, text in found if text]


def _rest(claim: Statement) -> list[tuple[str, str]]:
    """What a card folds away, by its term."""
    seconds = f"{claim.seconds:.0f} s" if claim.seconds >= 1 else "less than 1 s"
    p = claim.evidence.sign_flip_p(claim.reference)
    found = [
        ("Data", claim.data),
        ("What varied", claim.varied),
        ("Seeds", ranges(claim.seeds).replace("-", "–")),
        ("Rates chosen on seeds", ranges(claim.chosen_on).replace("-", "–")),
        ("In full", claim.interval),
        ("Smallest effect that matters", claim.matters),
        ("Sign-flip test", f"p = {p:.2g}" if claim.evidence.defined else ""),
        ("Processor time", f"{claim.seconds / 60:.0f} min" if claim.seconds >= 120 else seconds),
    ]
    return [(term, text) for term, text in found if text]


def _terms(claim: Statement, details: list[tuple[str, str]]) -> str:
    def marked(term: str, text: str) -> str:
        cited = term == "Source" and claim.source != "this book"
        return f'<span data-cite="{escape(text)}">{escape(text)}</span>' if cited else escape(text)

    rows = (f"<div><dt>{term}</dt><dd>{marked(term, text)}</dd></div>" for term, text in details)
    return f"<dl>{''.join(rows)}</dl>"


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#$|~&!])", r"\\\1", text)
