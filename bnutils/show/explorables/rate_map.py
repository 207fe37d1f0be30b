"""The learning-rate map: what each learning rate gives, and the curves behind each cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import traitlets
from matplotlib.figure import Figure

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import bounds
from bnutils.training.curves import Runs

DIGITS = 4  # significant digits of what goes into the page


class LearningRateMap(Explorable):
    """Arms × learning rates as a heat map of validation accuracy; a cell shows its curves.

    ``maps`` holds for each network what `of` made of its runs; ``network``, ``arm`` and ``rate``
    (indices) are what is chosen.
    """

    module: ClassVar[str] = "rate-map"
    alt: ClassVar[str] = (
        "A heat map of validation accuracy: a row without and a row with batch normalization, a "
        "column for each learning rate."
    )

    maps = traitlets.Dict().tag(sync=True)
    network = traitlets.Unicode().tag(sync=True)
    arm = traitlets.Int(1).tag(sync=True)
    rate = traitlets.Int(0).tag(sync=True)

    @classmethod
    def of(cls, networks: Mapping[str, Mapping[str, Runs]]) -> Self:
        """A map of runs, by network and arm; all arms of a network share rates and steps."""
        maps = {name: _map_of(arms) for name, arms in networks.items()}
        first = next(iter(maps))
        return cls(maps=maps, network=first, rate=len(maps[first]["lrs"]) // 2)

    def still(self) -> Figure:
        figure = Figure(figsize=(7.0, 0.5 + 1.1 * len(self.maps)), layout="constrained")
        axes = figure.subplots(len(self.maps), squeeze=False)[:, 0]
        for ax, (name, shown) in zip(axes, self.maps.items(), strict=True):
            percent = 100 * np.array(shown["accuracy"])
            mesh = ax.pcolormesh(percent, cmap="cividis", vmin=0, vmax=100)
            columns = np.arange(len(shown["lrs"]))
            ax.set_xticks(columns[::2] + 0.5, [f"{lr:.2g}" for lr in shown["lrs"][::2]])
            ax.set_yticks(np.arange(len(shown["arms"])) + 0.5, shown["arms"])
            ax.set(title=name, xlabel="learning rate")
        figure.colorbar(mesh, ax=list(axes), label="validation accuracy, %")
        return figure


def _map_of(arms: Mapping[str, Runs]) -> dict[str, Any]:
    runs = list(arms.values())
    return {
        "arms": list(arms),
        "lrs": [float(lr) for lr in runs[0].lrs],
        "steps": [int(step) for step in runs[0].steps],
        "seeds": runs[0].train_loss.shape[1],
        "start": _short(np.nanmean([r.train_loss[..., 0].mean() for r in runs])),
        "accuracy": [[_short(a) for a in r.validation_accuracy[..., -1].mean(1)] for r in runs],
        "curves": [[_curve(loss) for loss in r.train_loss] for r in runs],
    }


def _curve(loss: np.ndarray) -> dict[str, Any]:
    """Mean and 95 % interval of losses [S, T] in time; what diverged counts, and is left out."""
    finite = np.isfinite(loss).all(1)
    curves: dict[str, Any] = dict.fromkeys(("mean", "low", "high"), [None] * loss.shape[1])
    if finite.sum() > 1:
        found = bounds(loss[finite].T)
        curves = {name: [_short(value) for value in values] for name, values in found.items()}
    return curves | {"diverged": int((~finite).sum())}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
