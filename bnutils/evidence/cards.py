"""What is told of a claim, in Markdown and in plain text; `card_html` has it in HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bnutils.evidence.numerals import written
from bnutils.evidence.statements import Statement

# Word, symbol and colour each tell the verdict. White letters on the colours have a contrast
# of at least 5, and common colour visions tell them apart.
VERDICT_LOOKS = {
    "supported": ("✓", "#007a50"),
    "contradicted": ("✗", "#8a1020"),
    "no relevant effect": ("≈", "#5b3fd0"),
    "undecided": ("?", "#4a4e56"),
}
NAMES = {"mnist": "MNIST"}  # of data, as they are written


def markdown_card(claim: Statement) -> str:
    """The claim as a paragraph and a list in Markdown."""
    symbol, _ = VERDICT_LOOKS[claim.verdict]
    details = [f"- {term}: {_markdown(text)}" for term, text in (*facts(claim), *rest(claim))]
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
    lines = [f"{term}: {text}" for term, text in (*facts(claim), *rest(claim))]
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


def facts(claim: Statement) -> list[tuple[str, str]]:
    """What every reader of a card should see, by its term."""
    found = [
        ("Claimed", claim.claimed),
        ("Source", claim.source),
        ("In the source", claim.paper),
        ("Setting", claim.setting),
        ("Diverged", claim.diverged),
    ]
    return [(term, text) for term, text in found if text]


def rest(claim: Statement) -> list[tuple[str, str]]:
    """What a card folds away, by its term."""
    seconds = f"{claim.seconds:.0f} s" if claim.seconds >= 1 else "less than 1 s"
    p = claim.evidence.sign_flip_p(claim.reference)
    found = [
        ("Data", NAMES.get(claim.data, claim.data)),
        ("What varied", claim.varied),
        ("Seeds", ranges(claim.seeds).replace("-", "–")),
        ("Rates chosen on seeds", ranges(claim.chosen_on).replace("-", "–")),
        ("In full", claim.interval),
        ("Smallest effect that matters", claim.matters),
        ("Sign-flip test", f"p = {written(p, '.2g')}" if claim.evidence.defined else ""),
        ("Processor time", f"{claim.seconds / 60:.0f} min" if claim.seconds >= 120 else seconds),
    ]
    return [(term, text) for term, text in found if text]


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#$|~&!])", r"\\\1", text)
