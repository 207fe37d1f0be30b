"""Colours and markers for the whole family, beside those of the book's usual arms."""

from __future__ import annotations

from bnutils.show.plots import COLOURS, MARKERS

# Okabe and Ito's palette again, with a grey and a brown that stay apart from it.
FAMILY_COLOURS = COLOURS | {
    "ghost BN": "#56B4E9",
    "renorm": "#8C6D1F",
    "RMSNorm": "#E69F00",
    "WS + GN": "#C2578A",
    "DyT": "#CC79A7",
    "SkipInit": "#E69F00",
    "weights / √D": "#8C6D1F",
}
FAMILY_MARKERS = MARKERS | {
    "ghost BN": "v",
    "renorm": "P",
    "RMSNorm": "<",
    "WS + GN": "X",
    "DyT": "v",
    "SkipInit": "P",
    "weights / √D": "X",
}
