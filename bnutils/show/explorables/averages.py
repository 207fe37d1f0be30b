"""What the normalizations average over: which values of a batch of images share a mean."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure

from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS


class Averages(Explorable):
    """A block of N samples × C channels of images; the values that share the chosen one's mean.

    ``norm`` is BN, LN, IN or GN; ``groups`` counts for GN alone and divides ``channels``.
    """

    module: ClassVar[str] = "averages"
    alt: ClassVar[str] = (
        "Four blocks of samples by channels. Batch normalization averages over a column, all "
        "samples of a channel; layer normalization over a row, instance normalization over one "
        "cell, group normalization over some cells of a row."
    )

    norm = traitlets.Enum(["BN", "LN", "IN", "GN"], "BN").tag(sync=True)
    groups = traitlets.Int(2).tag(sync=True)
    sample = traitlets.Int(1).tag(sync=True)
    channel = traitlets.Int(2).tag(sync=True)
    samples = traitlets.Int(4).tag(sync=True)
    channels = traitlets.Int(6).tag(sync=True)

    @traitlets.validate("groups")
    def _check_groups(self, proposal: dict[str, int]) -> int:
        if self.channels % proposal["value"]:
            raise traitlets.TraitError(
                f"{proposal['value']} groups do not divide {self.channels} channels; "
                "choose a number of groups that does"
            )
        return proposal["value"]

    def still(self) -> Figure:
        figure = Figure(figsize=(7.0, 1.9), layout="constrained")
        blocks: dict[str, tuple[slice | int, slice | int]] = {
            "BN": (slice(None), self.channel),
            "LN": (self.sample, slice(None)),
            "IN": (self.sample, self.channel),
            "GN": (self.sample, slice(0, self.channels // self.groups)),
        }
        for ax, (name, block) in zip(figure.subplots(1, 4), blocks.items(), strict=True):
            shares = np.zeros((self.samples, self.channels))
            shares[block] = 1
            ax.pcolormesh(shares, cmap="cividis_r", edgecolors="w", linewidth=2)
            ax.set(title=name, xlabel="channels", xticks=[], yticks=[], aspect="equal")
            ax.invert_yaxis()
        figure.axes[0].set_ylabel("samples", color=COLOURS["neutral"])
        return figure
