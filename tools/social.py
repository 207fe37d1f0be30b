"""Draw the picture that other sites show with a link to the book, from its long stored run.

python -m tools.social
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from bnutils.show.plots import COLOURS
from bnutils.studies.stored import stored_run

ASSETS = Path(__file__).resolve().parent.parent / "book" / "_assets"
TITLE = "Batch Normalization, Measured"
WIDTH, HEIGHT, DPI = 1200, 630, 100  # pixels, the size that sites ask for


def draw() -> Figure:
    """Test accuracy of both networks, seeds and their mean, over the first 3,000 steps."""
    report = stored_run("figure-one-long.json")
    with mpl.rc_context({"font.size": 21, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
        figure.text(0.06, 0.885, TITLE, size=38, weight="bold", color="#1b1f24")
        figure.text(
            0.06, 0.795, "theory, proof against PyTorch, experiments with error bars",
            size=22, color="#4a515a",
        )  # fmt: skip
        ax = figure.add_axes((0.1, 0.15, 0.84, 0.57))
        steps = np.array(report["steps"])
        shown = steps <= 3000
        for arm, name in (("BN", "with batch normalization"), ("no BN", "without")):
            curves = 100 * np.array(report["arms"][arm]["test_accuracy"])[:, shown]
            ax.plot(steps[shown], curves.T, color=COLOURS[arm], alpha=0.25, linewidth=1.5)
            mean = curves.mean(axis=0)
            ax.plot(steps[shown], mean, color=COLOURS[arm], linewidth=4)
            place = 6
            drop = 5 if arm == "BN" else -16
            ax.text(steps[place], mean[place] + drop, name, color=COLOURS[arm], weight="bold")
        ax.set(
            xlabel="training steps (MNIST, 3 × 100 sigmoid units, batch 60; five seeds each)",
            ylabel="test accuracy (%)",
            xlim=(0, 3000),
            ylim=(0, 112),
        )
        ax.set(xticks=[0, 1000, 2000, 3000], yticks=[0, 25, 50, 75, 100])
    return figure


def main() -> None:
    """Write the picture."""
    draw().savefig(ASSETS / "social.png", metadata={"Software": None})


if __name__ == "__main__":
    main()
