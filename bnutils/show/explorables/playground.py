"""The playground: two networks trained live in the page, without and with the normalization."""

from __future__ import annotations

from base64 import b64encode
from typing import ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.explorables.toy_picture import draw
from bnutils.show.explorables.toy_run import Settings, run

TRAINING, VALIDATION = 600, 300  # digits
POINTS, STEPS = 256, 400  # of a toy, and of the run in the picture


def packed_digits() -> dict[str, str | int]:
    """Some of scikit-learn's digits: 8×8 pixels from 0 to 16 as base64, the labels alike.

    The order is random and always the same; the first ``train`` of them are for training.
    """
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))[: TRAINING + VALIDATION]
    pixels, labels = (a[order].astype(np.uint8) for a in (digits.data, digits.target))
    texts = [b64encode(array.tobytes()).decode() for array in (pixels, labels)]
    return {"pixels": texts[0], "labels": texts[1], "train": TRAINING}


class Playground(Explorable):
    """Two networks with the same first weights and batches; settings are traits.

    ``step`` and ``accuracy`` (without, with) say how far the training is, whenever it pauses.
    ``batch_statistics`` measures by the statistics of the batch in place of the running ones.
    """

    module: ClassVar[str] = "playground"
    alt: ClassVar[str] = (
        "Two networks side by side, without and with batch normalization: the regions they "
        "decide on, what flows through their layers, and their curves of loss and accuracy."
    )

    data = traitlets.Unicode("circles").tag(sync=True)
    depth = traitlets.Int(4).tag(sync=True)
    width = traitlets.Int(16).tag(sync=True)
    activation = traitlets.Unicode("relu").tag(sync=True)
    lr = traitlets.Float(0.1).tag(sync=True)
    batch = traitlets.Int(32).tag(sync=True)
    scale = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(1).tag(sync=True)
    batch_statistics = traitlets.Bool(False).tag(sync=True)
    lesson = traitlets.Unicode("").tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    accuracy = traitlets.List(traitlets.Float(), [0.0, 0.0]).tag(sync=True)
    digits = traitlets.Dict().tag(sync=True)

    @traitlets.default("digits")
    def _default_digits(self) -> dict[str, str | int]:
        return packed_digits()

    def still(self) -> Figure:
        settings = Settings("spirals", 6, 16, "relu", 1.0, 32, 1.0, 1, points=POINTS)
        shown = run(settings, STEPS)
        return draw(shown, f"Three spirals after {STEPS} steps at learning rate 1.")
