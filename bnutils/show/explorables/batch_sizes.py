"""The batch-size explorer: accuracy by batch size, arm, and the statistics of evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import traitlets
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS, bounds

ITSELF = "itself"  # the evaluation of an arm that has but one


class BatchSizeExplorer(Explorable):
    """Test accuracies by batch size; ``size`` (an index), ``arms`` and ``evaluation`` are chosen.

    ``data`` is what `of` makes of measurements.
    """

    module: ClassVar[str] = "batch-sizes"
    alt: ClassVar[str] = (
        "Test accuracy against batch size, a line with a 95 % band for each arm: batch "
        "normalization falls off at the smallest sizes."
    )

    data = traitlets.Dict().tag(sync=True)
    size = traitlets.Int(0).tag(sync=True)
    arms = traitlets.List(traitlets.Unicode()).tag(sync=True)
    evaluation = traitlets.Unicode().tag(sync=True)

    @classmethod
    def of(
        cls, sizes: Sequence[int], accuracies: Mapping[str, Mapping[str, Sequence[ArrayLike]]]
    ) -> Self:
        """``accuracies[arm][evaluation]`` holds for each size the seeds' accuracies [S] in percent.

        The evaluation of an arm that has but one is called "itself".
        """
        results = {
            arm: {name: _summary(values) for name, values in kinds.items()}
            for arm, kinds in accuracies.items()
        }
        named = [name for kinds in results.values() for name in kinds if name != ITSELF]
        return cls(
            data={"sizes": [int(size) for size in sizes], "results": results},
            arms=list(results),
            evaluation=named[0] if named else "",
        )

    def still(self) -> Figure:
        figure = Figure(figsize=(7.0, 2.8), layout="constrained")
        ax = figure.subplots()
        for arm, kinds in self.data["results"].items():
            shown = kinds.get(self.evaluation) or next(iter(kinds.values()))
            colour = COLOURS.get(arm, COLOURS["no BN"])
            ax.plot(self.data["sizes"], shown["mean"], marker="o", color=colour, label=arm)
            ax.fill_between(
                self.data["sizes"], shown["low"], shown["high"], color=colour, alpha=0.2
            )
        ax.set_xscale("log", base=2)
        ax.set(xlabel="batch size", ylabel="test accuracy, %")
        ax.legend(frameon=False)
        return figure


def _summary(values: Sequence[ArrayLike]) -> dict[str, Any]:
    """Mean, interval and runs of each size, to hundredths of a percent."""
    found = {name: np.round(value, 2).tolist() for name, value in bounds(values).items()}
    return found | {"seeds": [np.asarray(value).round(2).tolist() for value in values]}
