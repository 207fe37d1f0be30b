"""Train one architecture with several seeds and learning rates, and measure on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from torch import nn

from bnutils.data.dataset import Dataset
from bnutils.networks.building import build_separate
from bnutils.training.batches import own_data
from bnutils.training.measures import Measures, Watch
from bnutils.training.measuring import measured
from bnutils.training.recipe import Recipe
from bnutils.training.run import Run
from bnutils.wide import unstack
from bnutils.wide.probing import probe_images, probe_stack
from bnutils.wide.together import replicas_together, side_by_side

Replica = tuple[float, int]  # learning rate, seed


def train_together(
    build: Callable[[int], nn.Sequential],
    data: Dataset | Mapping[int, Dataset],
    recipe: Recipe,
    replicas: Sequence[Replica],
    measure: Measures = MappingProxyType({}),
) -> tuple[Run, ...]:
    """Train ``build(seed)`` for every (learning rate, seed), and measure each.

    ``data`` is one set for all, or that of each seed, of the same classes and shapes. At each
    evaluation step, the functions in ``measure`` see every network as `Watch` has it.
    As many at a time are trained side by side as is fastest; one by one where no stack computes
    what they do. The same seed means the same initial weights, batches and draws at every
    learning rate, alone and beside others. What falls is the mean cross-entropy; networks that
    diverge stay in the result with their infinite losses.
    Raises ValueError for networks that share memory, that differ for one seed, or that do not
    take the images, and for data sets of different sizes.
    """
    own = own_data(data, [seed for _, seed in replicas])
    images, classes = probe_images(own, recipe.batch_size), len(own[0].classes)
    nets = build_separate(build, [seed for _, seed in replicas], images)
    width = replicas_together(nets[0], recipe.batch_size)
    runs: dict[int, Run] = {}
    for part in _parts(replicas, width):
        seeds = [replicas[r][1] for r in part]
        some = images if len(images) == 1 else images[part]
        models = side_by_side([nets[r] for r in part], seeds, some, classes)
        share = len(part) // len(models)
        for i, model in enumerate(models):
            at = part[i * share : (i + 1) * share]
            some_nets, pairs = [nets[r] for r in at], [replicas[r] for r in at]
            trained = _train(model, some_nets, data, recipe, pairs, measure)
            runs |= zip(at, trained, strict=True)
    return tuple(runs[r] for r in range(len(replicas)))


def _parts(replicas: Sequence[Replica], width: int) -> list[list[int]]:
    """Which replicas train as one stack; those that stand still are apart, see `descend`."""
    moving = [r for r, (lr, _) in enumerate(replicas) if lr != 0]
    still = [r for r, (lr, _) in enumerate(replicas) if lr == 0]
    return [
        kind[start : start + width]
        for kind in (moving, still)
        for start in range(0, len(kind), width)
    ]


def _train(
    stacked: nn.Module,
    nets: Sequence[nn.Sequential],
    data: Dataset | Mapping[int, Dataset],
    recipe: Recipe,
    replicas: Sequence[Replica],
    measure: Measures,
) -> list[Run]:
    """Train the networks as ``stacked``, and write the weights back into them.

    What the stack makes of the first images is kept with each run: it tells whether a network
    that is given back later is the one that was measured.
    """
    lrs, seeds = [lr for lr, _ in replicas], [seed for _, seed in replicas]
    own = own_data(data, seeds)
    watch = Watch(measure, nets, own, seeds)
    steps, curves, seconds, test = measured(stacked, own, recipe, lrs, seeds, watch)
    logits = probe_stack(stacked, probe_images(own, recipe.batch_size), seeds)  # [R, B, classes]
    if isinstance(stacked, nn.Sequential):
        unstack(stacked, nets)
    return [
        Run(
            lr=lr,
            seed=seed,
            batch_size=recipe.batch_size,
            steps=tuple(steps),
            seconds=seconds / len(nets),
            test_loss=float(test[0][r]),
            test_accuracy=float(test[1][r]),
            network=nets[r],
            logits=logits[r].numpy(),
            measured=watch.of(r),
            **{name: values[:, r].copy() for name, values in curves.items()},
        )
        for r, (lr, seed) in enumerate(replicas)
    ]
