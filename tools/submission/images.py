"""Drawings with less text, so that the notebook stays small enough to be shown online."""

from __future__ import annotations

import re

DECIMALS = 2  # of a point, 1/72 inch
LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>", re.DOTALL)
PLACES = re.compile(r'(?<=\s(?:d|x|y)=")[^"]*|(?<=translate\()[^)]*')
# Groups that neither have attributes nor do anything.
PLAIN_GROUP = re.compile(r"<g>((?:(?!</?g\b).)*)</g>")


def smaller(svg: str) -> str:
    """Return the same drawing, as matplotlib writes it, with rounded places and less markup."""
    svg = re.sub(r"\s+", " ", LEFT_OUT.sub("", svg))
    svg = re.sub(r">\s+<", "><", svg).strip()
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg))
    svg = re.sub(r'\sid="([^"]*)"', lambda name: name[0] if name[1] in used else "", svg)
    svg = PLACES.sub(lambda places: _rounded(places[0]), svg)
    while (flatter := PLAIN_GROUP.sub(r"\1", svg)) != svg:
        svg = flatter
    return svg


def _rounded(places: str) -> str:
    def number(match: re.Match[str]) -> str:
        text = f"{float(match[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text

    return re.sub(r"-?\d+\.\d+(e-?\d+)?", number, places).strip()
