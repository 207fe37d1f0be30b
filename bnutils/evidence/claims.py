"""Claims: statements that are judged, and shown as cards."""

from __future__ import annotations

from dataclasses import asdict, fields
from math import isfinite, nan
from typing import Any, Self

from bnutils.evidence.card_html import CARD_STYLE, html_card
from bnutils.evidence.cards import markdown_card, plain_card, ranges
from bnutils.evidence.intervals import Interval
from bnutils.evidence.statements import Statement

CLAIM_MIME = "application/vnd.bnutils.claim+json"


class Claim(Statement):
    """A statement that notebooks and pages show with its evidence and verdict; see `Statement`."""

    def to_dict(self) -> dict[str, Any]:
        """Every field, the verdict and the words for the numbers; undefined numbers are None."""
        found = _plain(asdict(self))
        return {
            **found,
            "evidence": {**found["evidence"], "n": self.evidence.n},
            "verdict": self.verdict,
            "claimed": self.claimed,
            "short": self.short,
            "ours": f"{self.mean} ({self.interval})",
            "band": _plain(self.band),
            "p": _plain(self.evidence.t_p(self.reference)),
            "p_sign_flip": _plain(self.evidence.sign_flip_p(self.reference)),
            "selection_seeds": ranges(self.chosen_on),
            "evidence_seeds": ranges(self.seeds),
        }

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Self:
        """The claim that `to_dict` told of."""
        found = told["evidence"]
        mean, low, high, *runs = (
            nan if number is None else float(number)
            for number in (found["mean"], found["low"], found["high"], *found["runs"])
        )
        evidence = Interval(mean, low, high, tuple(runs), bool(found["log"]))
        return cls(
            **{field.name: told[field.name] for field in fields(cls)} | {"evidence": evidence}
        )

    def __str__(self) -> str:
        """The claim in lines of plain text, as ``print`` shows it."""
        return plain_card(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/plain": plain_card(self),
            "text/markdown": markdown_card(self),
            "text/html": f"<style>{CARD_STYLE.replace(chr(10), '')}</style>{html_card(self)}",
            CLAIM_MIME: self.to_dict(),
        }


def _plain(value: Any) -> Any:
    """A value as JSON has it: undefined numbers are None, and rows are lists."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value
