"""Activations over training: what reaches the nonlinearities, layer by layer and step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Self

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.show.explorables.explorable import Explorable
from bnutils.show.plots import COLOURS
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack

BINS, SHARES = 41, 1000  # bins of a histogram, and into how many parts its whole is rounded


class ActivationsOverTraining(Explorable):
    """Distributions of pre-activations by layer; ``at`` is the index of the step shown.

    ``data`` is what `record` makes of trainings; the outermost bins hold all that lies beyond.
    """

    module: ClassVar[str] = "activations"
    alt: ClassVar[str] = (
        "Distributions of what reaches the nonlinearities, a row for each layer, without batch "
        "normalization on the left and with it on the right."
    )

    data = traitlets.Dict().tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)

    @classmethod
    def record(
        cls,
        arms: Mapping[str, Callable[[int], nn.Sequential]],
        dataset: Dataset,
        recipe: Recipe,
        *,
        lr: Mapping[str, float],
        seed: int = 0,
        span: int = 4,
        samples: int = 500,
    ) -> Self:
        """Train one network an arm, each at its ``lr``, and keep what ``recipe`` pauses at.

        The pre-activations are those of the first ``samples`` validation images, in training
        mode, between -``span`` and ``span``.
        """
        images = dataset.normalise(dataset.validation.take(samples).images)
        histograms = {
            arm: _histograms(build(seed), dataset, recipe, lr[arm], seed, images, span)
            for arm, build in arms.items()
        }
        layers = len(next(iter(histograms.values()))[0])
        steps = [int(step) for step in recipe.evaluation_steps()]
        return cls(data={"steps": steps, "layers": layers, "span": span, "arms": histograms})

    def still(self) -> Figure:
        arms, span = self.data["arms"], self.data["span"]
        figure = Figure(figsize=(7.0, 0.9 * self.data["layers"] + 0.6), layout="constrained")
        axes = figure.subplots(self.data["layers"], len(arms), sharex=True, squeeze=False)
        edges = np.linspace(-span, span, BINS + 1)
        for column, (arm, histograms) in enumerate(arms.items()):
            for layer, shares in enumerate(histograms[self.at]):
                ax = axes[layer, column]
                ax.stairs(shares, edges, fill=True, color=COLOURS.get(arm, COLOURS["no BN"]))
                ax.set(yticks=[])
                ax.set_ylabel(f"layer {layer + 1}" if column == 0 else "", fontsize=8)
            axes[0, column].set_title(f"{arm}, step {self.data['steps'][self.at]}", fontsize=10)
        return figure


def _histograms(
    net: nn.Sequential,
    dataset: Dataset,
    recipe: Recipe,
    lr: float,
    seed: int,
    images: Tensor,
    span: int,
) -> list[list[list[int]]]:
    """Rounded shares [T][layers][bins] of what reaches each nonlinearity of one network."""
    stacked = stack([net])
    found = []
    for _ in descend(stacked, dataset, recipe, lrs=[lr], seeds=[seed]):
        unstack(stacked, [net])
        found.append([_shares(values, span) for values in pre_activations(net, images)])
    return found


@torch.no_grad()
def pre_activations(net: nn.Sequential, images: Tensor) -> list[Tensor]:
    """What reaches each layer without parameters after the first, [B, C] each.

    Running statistics stay as they are.
    """
    kept = {name: value.clone() for name, value in net.state_dict().items()}
    x, found = net[0](images), []
    for layer in list(net)[1:]:
        if not list(layer.parameters()):
            found.append(x)
        x = layer(x)
    net.load_state_dict(kept)
    return found


def _shares(values: Tensor, span: int) -> list[int]:
    finite = torch.nan_to_num(values.flatten(), nan=0.0).clamp(-span, span)
    counts = torch.histc(finite, bins=BINS, min=-span, max=span)
    return [round(x) for x in (counts / counts.sum() * SHARES).tolist()]
