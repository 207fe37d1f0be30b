"""Gradient descent on a stack of networks, each at its own learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset
from bnutils.training.batches import batches
from bnutils.training.optimizers import SGD, Moment, Optimizer
from bnutils.training.recipe import Recipe
from bnutils.wide.spreading import spread
from bnutils.wide.stacking import Weighted


def descend(
    stacked: nn.Module,
    data: Dataset | Sequence[Dataset],
    recipe: Recipe,
    *,
    lrs: Sequence[float],
    seeds: Sequence[int],
) -> Iterator[int]:
    """Train R stacked networks in place; yield each evaluation step, so that you can measure.

    Network r learns at ``lrs[r]`` from the batches of ``seeds[r]``, see `batches`. At a yield the
    gradients are those of the last batch, with plain SGD multiplied by the learning rate: the
    losses enter one sum, each times its learning rate. That gives every network its own step size,
    and is the same as plain SGD because no network's loss depends on another's weights. Other
    optimizers need the gradients themselves, and get them. Where all learning rates are 0, no
    network moves, and the gradients are those of the losses themselves.
    Raises ValueError where no parameter trains.
    """
    rates = torch.tensor(gradient_rates(recipe, lrs))  # [R]
    parameters = [p for p in stacked.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("no parameter of the network trains; leave some with requires_grad=True")
    update = _plain_update if recipe.optimizer == SGD() else Updates(recipe.optimizer, stacked, lrs)
    stream = batches(data, recipe.batch_size, seeds)
    pauses = set(recipe.evaluation_steps())
    yield 0
    for step in range(1, recipe.steps + 1):
        images, labels = next(stream)  # [R, B, C, H, W], [R, B]
        logits = stacked(images)  # [R, B, classes]
        losses = F.cross_entropy(logits.mT, labels, reduction="none").mean(1)  # [R]
        for parameter in parameters:
            parameter.grad = None
        (losses * (rates * gradient_factor(recipe, step))).sum().backward()
        moved = {p: p.grad for p in parameters if p.grad is not None and any(lrs)}
        if moved:
            update(moved, recipe.lr_factor(step))
        if step in pauses:
            yield step


def gradient_rates(recipe: Recipe, lrs: Sequence[float]) -> list[float]:
    """By what `descend` multiplies the loss of each network, besides `gradient_factor`."""
    return list(lrs) if recipe.optimizer == SGD() and any(lrs) else [1.0] * len(lrs)


def gradient_factor(recipe: Recipe, step: int) -> float:
    """By what `descend` multiplies all losses at a step: by `Recipe.lr_factor` for plain SGD."""
    return recipe.lr_factor(max(step, 1)) if recipe.optimizer == SGD() else 1.0


@torch.no_grad()
def _plain_update(moved: Mapping[nn.Parameter, Tensor], factor: float) -> None:
    # One call for all parameters; the learning rate is in the gradients already.
    torch._foreach_sub_(list(moved), list(moved.values()))


class Updates:
    """The steps of an optimizer on R stacked networks, network r at the learning rate ``lrs[r]``.

    A parameter without a gradient is left out, as by ``torch.optim``: its weights do not decay,
    and its steps are not counted.
    """

    def __init__(self, optimizer: Optimizer, stacked: nn.Module, lrs: Sequence[float]) -> None:
        self.optimizer = optimizer
        self.rates = spread(lrs, stacked)
        averages = range(optimizer.averages)
        self.kept = {p: [torch.zeros_like(p) for _ in averages] for p in self.rates}
        self.counts = dict.fromkeys(self.rates, 0)

    @torch.no_grad()
    def __call__(self, moved: Mapping[nn.Parameter, Tensor], factor: float) -> None:
        """Change the parameters by their gradients, at ``factor`` times their learning rates."""
        for parameter in moved:
            self.counts[parameter] += 1
        self.optimizer.step(
            Moment(
                weights=tuple(moved),
                gradients=tuple(moved.values()),
                rates=torch._foreach_mul([self.rates[p] for p in moved], factor),
                kept=tuple(zip(*(self.kept[p] for p in moved), strict=True)),
                counts=tuple(self.counts[p] for p in moved),
            )
        )


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
