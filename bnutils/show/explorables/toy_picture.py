"""The end of a run of the page's two networks, as the page draws it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from bnutils.show.explorables.toy_run import Run
from bnutils.show.plots import COLOURS

GROUND = np.array([[236, 205, 92], [134, 194, 238], [236, 140, 155]]) / 255  # white where not sure
POINT, MARKERS = ["#6b5100", "#073f69", "#7d1529"], "os^"
LOST = 187 / 255  # a grey, where a network diverged


def draw(shown: Run, sentence: str) -> Figure:
    """Two squares with decisions and points, rings around wrong ones, and a sentence."""
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    for at, (ax, arm) in enumerate(zip(figure.subplots(1, 2), ("no BN", "BN"), strict=True)):
        shades = coloured(shown.shares[at])
        ax.imshow(shades, extent=(-1, 1, -1, 1), interpolation="bilinear", aspect="equal")
        for label in np.unique(shown.labels):
            x, y = shown.points[shown.labels == label].T
            ax.scatter(x, y, s=9, marker=MARKERS[label], color=POINT[label], linewidths=0)
        x, y = shown.points[shown.labels != shown.answers[at]].T
        ax.scatter(x, y, s=50, facecolors="none", edgecolors="#111111", linewidths=0.8)
        ax.set(xticks=[], yticks=[], xlim=(-1, 1), ylim=(-1, 1))
        words = "With" if at else "Without"
        ax.set_title(f"{words} BN: {100 * shown.accuracy[at]:.0f} %", color=COLOURS[arm])
    figure.supxlabel(sentence, fontsize=9)
    return figure


def coloured(shares: np.ndarray) -> np.ndarray:
    """Colours [n, n, 3] of probabilities [n², K]: the paler, the smaller the largest's lead."""
    side = round(np.sqrt(len(shares)))
    ordered = np.sort(shares, axis=1)
    lead = (ordered[:, -1] - ordered[:, -2])[:, None]
    colours: np.ndarray = 1 + lead * (GROUND[shares.argmax(1)] - 1)
    colours[~np.isfinite(shares).all(1)] = LOST
    shaped: np.ndarray = colours.reshape(side, side, 3)
    return shaped
