"""The normalizer: a small batch that can be dragged, and what the layer makes of it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS


class Normalizer(Explorable):
    """One channel of a batch: mean, variance, x̂, y and the gradient that flows back.

    ``values`` [m] are the inputs, ``selected`` the sample whose output is pushed, that is, whose
    gradient for y is 1 while all others are 0. In evaluation mode the running statistics stand in
    for the batch's.
    """

    module: ClassVar[str] = "normalizer"
    alt: ClassVar[str] = (
        "Six numbers of a batch on a number line, below them their normalized values with mean 0 "
        "and variance 1, the outputs, and the gradient that each input gets."
    )

    values = traitlets.List(traitlets.Float(), [-1.5, 0.5, 1.2, 2.0, 3.4, 4.6]).tag(sync=True)
    gamma = traitlets.Float(1.0).tag(sync=True)
    beta = traitlets.Float(0.0).tag(sync=True)
    eps = traitlets.Float(1e-5).tag(sync=True)
    training = traitlets.Bool(True).tag(sync=True)
    selected = traitlets.Int(3).tag(sync=True)
    running_mean = traitlets.Float(0.0).tag(sync=True)
    running_var = traitlets.Float(1.0).tag(sync=True)
    momentum = traitlets.Float(0.1).tag(sync=True)

    def still(self) -> Figure:
        x = np.array(self.values)
        mean, std = x.mean(), np.sqrt(x.var() + self.eps)
        x_hat = (x - mean) / std
        figure = Figure(figsize=(7.0, 2.6), layout="constrained")
        ax = figure.subplots()
        for row, values in ((2, x), (1, x_hat), (0, self.gamma * x_hat + self.beta)):
            ax.axhline(row, color=COLOURS["neutral"], linewidth=0.6, zorder=0)
            ax.scatter(values, np.full(len(x), row), s=150, color=COLOURS["BN"], zorder=3)
            for index, value in enumerate(values, start=1):
                ax.text(value, row, str(index), ha="center", va="center", color="w", fontsize=8)
        ax.set_yticks([2, 1, 0], ["input x", "normalized x̂", "output y"])
        ax.set(xlabel="value", ylim=(-0.5, 2.5))
        return figure
