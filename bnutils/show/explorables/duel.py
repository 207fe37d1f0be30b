"""The duel: two small networks trained live, of which a learning rate too large breaks one."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS


class Duel(Explorable):
    """Two networks with the same first weights and batches, without and with the normalization.

    ``lr`` and ``seed`` start both anew. ``step`` and ``accuracy`` (without, with, on held-out
    points) say how far the training is, whenever it pauses; setting ``step`` trains up to it.
    """

    module: ClassVar[str] = "duel"
    alt: ClassVar[str] = (
        "Two squares side by side with the points of three spirals, which two networks learn to "
        "tell apart: one without, the other with batch normalization."
    )

    lr = traitlets.Float(0.1, min=1e-4, max=100.0).tag(sync=True)
    seed = traitlets.Int(1, min=0).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)
    accuracy = traitlets.List(traitlets.Float(), [0.0, 0.0]).tag(sync=True)

    def still(self) -> Figure:
        along = np.linspace(0, 1, 26)
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        for ax, arm in zip(figure.subplots(1, 2), ("no BN", "BN"), strict=True):
            for turn, marker in enumerate("os^"):
                angle, radius = 3.4 * along + 2 * np.pi * turn / 3, 0.1 + 0.8 * along
                ax.scatter(radius * np.cos(angle), radius * np.sin(angle), marker=marker, s=14)
            ax.set(xticks=[], yticks=[], aspect="equal")
            ax.set_title(arm, color=COLOURS[arm])
        return figure
