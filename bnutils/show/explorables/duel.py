"""The duel: two small networks trained live, of which a learning rate too large breaks one."""

from __future__ import annotations

from typing import ClassVar

import traitlets
from matplotlib.figure import Figure

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.explorables.toy_picture import draw
from bnutils.show.explorables.toy_run import Settings, run

POINTS = 192  # of each part of the data, as in the page
KNOBS = {
    "lr": "learning rate", "batch": "batch size", "scale": "initial scale",
    "depth": "hidden layers",
}  # fmt: skip


class Duel(Explorable):
    """Two networks with the same first weights and batches, without and with the normalization.

    Settings start both anew; ``knob`` is the one that readers turn, ``steps`` the length of a run.
    ``step`` and ``accuracy`` (without, with, on held-out points) say how far the training is,
    whenever it pauses; setting ``step`` trains up to it.
    """

    module: ClassVar[str] = "duel"
    alt: ClassVar[str] = (
        "Two squares side by side, without and with batch normalization: points of two or three "
        "classes, and the regions that a network has learned to tell them apart by."
    )

    data = traitlets.Enum(["circles", "quarters", "spirals", "moons"], "spirals").tag(sync=True)
    depth = traitlets.Int(6, min=1).tag(sync=True)
    width = traitlets.Int(16, min=1).tag(sync=True)
    activation = traitlets.Enum(["relu", "tanh", "sigmoid"], "relu").tag(sync=True)
    lr = traitlets.Float(1.0, min=1e-4, max=100.0).tag(sync=True)
    batch = traitlets.Int(32, min=2, max=POINTS).tag(sync=True)
    scale = traitlets.Float(1.0, min=1e-4).tag(sync=True)
    seed = traitlets.Int(1, min=0).tag(sync=True)
    knob = traitlets.Enum(list(KNOBS), "lr").tag(sync=True)
    steps = traitlets.Int(400, min=1).tag(sync=True)
    step = traitlets.Int(0, min=0).tag(sync=True)
    accuracy = traitlets.List(traitlets.Float(), [0.0, 0.0]).tag(sync=True)

    def settings(self) -> Settings:
        """What both networks are trained with."""
        return Settings(
            data=self.data, depth=self.depth, width=self.width, activation=self.activation,
            lr=self.lr, batch=self.batch, scale=self.scale, seed=self.seed, points=POINTS,
        )  # fmt: skip

    def still(self) -> Figure:
        without, with_bn = (shown := run(self.settings(), self.steps)).accuracy
        knob = f"{KNOBS[self.knob]} {getattr(self, self.knob):g}"
        words = f"{100 * without:.0f} % right without BN, {100 * with_bn:.0f} % with BN."
        return draw(shown, f"After {self.steps} steps at {knob}: {words}")
