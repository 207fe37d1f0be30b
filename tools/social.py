"""Draw the picture that other sites show with a link to the book: python -m tools.social."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from bnutils.show.plots import COLOURS
from bnutils.studies.stored import stored_run

PICTURE = Path(__file__).resolve().parent.parent / "book" / "_assets" / "social.png"
TITLE = "Batch Normalization, Measured"
SUBTITLE = "theory, proof against PyTorch, experiments with error bars"
WIDTH, HEIGHT, DPI = 1200, 630, 100  # pixels, the size that sites ask for
LABELLED = 6  # the point of the curves that stands beside their names


def draw() -> Figure:
    """Test accuracy of both networks, seeds and their mean, over the first 3,000 steps."""
    report = stored_run("figure-one-long.json")
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    figure.text(0.06, 0.885, TITLE, size=38, weight="bold", color="#1b1f24")
    figure.text(0.06, 0.795, SUBTITLE, size=22, color="#4a515a")
    ax = figure.add_axes((0.1, 0.15, 0.84, 0.57))
    steps = np.array([step for step in report["steps"] if step <= 3000])
    for arm, name, drop in (("BN", "with batch normalization", 5), ("no BN", "without", -16)):
        curves = 100 * np.array(report["arms"][arm]["test_accuracy"])[:, : len(steps)]
        mean, colour = curves.mean(axis=0), COLOURS[arm]
        ax.plot(steps, curves.T, color=colour, alpha=0.25, linewidth=1.5)
        ax.plot(steps, mean, color=colour, linewidth=4)
        ax.text(steps[LABELLED], mean[LABELLED] + drop, name, color=colour, weight="bold")
    ax.set(
        xlabel="training steps (MNIST, 3 × 100 sigmoid units, batch 60; five seeds each)",
        ylabel="test accuracy (%)", xlim=(0, 3000), ylim=(0, 112),
        xticks=[0, 1000, 2000, 3000], yticks=[0, 25, 50, 75, 100],
    )  # fmt: skip
    return figure


if __name__ == "__main__":
    with mpl.rc_context({"font.size": 21, "axes.spines.top": False, "axes.spines.right": False}):
        draw().savefig(PICTURE, metadata={"Software": None})
