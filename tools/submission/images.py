"""Drawings with less text, so that the notebook stays small enough to be shown online."""

from __future__ import annotations

import re

DECIMALS = 2  # of a point, 1/72 inch


def smaller(svg: str) -> str:
    """Return the same drawing with rounded paths, without metadata and line breaks."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(?<=\sd=")[^"]*', lambda path: _rounded(path[0]), svg)
    return re.sub(r">\s+<", "><", re.sub(r"\s+", " ", svg)).strip()


def _rounded(path: str) -> str:
    def number(match: re.Match[str]) -> str:
        return f"{float(match[0]):.{DECIMALS}f}".rstrip("0").rstrip(".")

    return re.sub(r"-?\d+\.\d+(e-?\d+)?", number, path)
