"""Plain stochastic gradient descent on a stack of networks, each at its own learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset
from bnutils.training.batches import batches
from bnutils.training.recipe import Recipe
from bnutils.wide.stacking import Weighted


def descend(
    stacked: nn.Module,
    dataset: Dataset,
    recipe: Recipe,
    *,
    lrs: Sequence[float],
    seeds: Sequence[int],
) -> Iterator[int]:
    """Train R stacked networks in place; yield each evaluation step, so that you can measure.

    Network r learns at ``lrs[r]`` from the batches of ``seeds[r]``. At a yield the gradients are
    those of the last batch, multiplied by the learning rate: the losses enter one sum, each times
    its learning rate. That gives every network its own step size, and is the same as plain SGD
    because no network's loss depends on another's weights. Where all learning rates are 0, no
    network moves, and the gradients are those of the losses themselves.
    """
    rates = torch.tensor(gradient_rates(lrs))  # [R]
    parameters: list[Tensor] = [p for p in stacked.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("no parameter of the network trains; leave some with requires_grad=True")
    stream = batches(dataset, recipe.batch_size, seeds)
    pauses = set(recipe.evaluation_steps())
    yield 0
    for step in range(1, recipe.steps + 1):
        images, labels = next(stream)  # [R, B, C, H, W], [R, B]
        logits = stacked(images)  # [R, B, classes]
        losses = F.cross_entropy(logits.mT, labels, reduction="none").mean(1)  # [R]
        for parameter in parameters:
            parameter.grad = None
        (losses * (rates * recipe.lr_factor(step))).sum().backward()
        moved = [p for p in parameters if p.grad is not None and any(lrs)]
        if moved:
            # One call for all parameters; the learning rate is in the gradients already.
            with torch.no_grad():
                torch._foreach_sub_(moved, [p.grad for p in moved if p.grad is not None])
        if step in pauses:
            yield step


def gradient_rates(lrs: Sequence[float]) -> list[float]:
    """By what `descend` multiplies the loss of each network, besides `Recipe.lr_factor`."""
    return list(lrs) if any(lrs) else [1.0] * len(lrs)


def gradient_norms(stacked: nn.Module, replicas: int) -> np.ndarray:
    """Euclidean norms [D, R] of the gradients of D weights; undefined before a step.

    Weights are the matrices of linear layers and the kernels of convolutions, in their order.
    """
    # A network that trains alone knows its weights; what its layers call so is their own affair.
    owners = [stacked] if isinstance(stacked, Weighted) else stacked.modules()
    weights = [w for m in owners if isinstance(m, Weighted) for w in m.weights()]
    rows = [
        np.full(replicas, np.nan)
        if w.grad is None
        else w.grad.reshape(replicas, -1).norm(dim=1).numpy()
        for w in weights
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, replicas)
