"""The playground: two networks trained live in the page, without and with the normalization."""

from __future__ import annotations

from base64 import b64encode
from typing import ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS

TRAINING, VALIDATION = 600, 300


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
        figure = Figure(figsize=(7.0, 2.6), layout="constrained")
        angle = np.linspace(0, 2 * np.pi, 60)
        radius = np.where(np.arange(60) % 2, 0.75, 0.3)
        for ax, arm in zip(figure.subplots(1, 2), ("no BN", "BN"), strict=True):
            ax.scatter(radius * np.cos(angle), radius * np.sin(angle), c=radius, s=14)
            ax.set(xticks=[], yticks=[], aspect="equal")
            ax.set_title(arm, color=COLOURS[arm])
        return figure
