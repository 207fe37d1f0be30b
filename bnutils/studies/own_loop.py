"""What does training by another loop give, at the best of several learning rates?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.sweeps.ladders import MOST_LONGER, grow
from bnutils.sweeps.tuning import EVIDENCE, SELECTION
from bnutils.training.evaluation import evaluate_networks
from bnutils.wide import stack, unstack

Loop = Callable[[nn.Module, Tensor, Sequence[int]], None]
VALIDATED_ON = 2000


def at_best_rate(
    build: Callable[[int], nn.Sequential],
    lrs: Iterable[float],
    loop: Loop,
    data: Dataset | Callable[[int], Dataset],
    *,
    selection: Sequence[int] = SELECTION,
    seeds: Sequence[int] = EVIDENCE,
) -> tuple[list[nn.Sequential], float]:
    """Networks of ``seeds`` trained by ``loop`` at a rate that ``selection`` seeds chose; the rate.

    ``loop`` trains R networks as one stack, given with their rates [R] and R seeds. The best
    rate has the highest mean accuracy on the validation set, of equal ones it is the smallest; a
    ladder ``lrs`` grows until it is inside, as in `bnutils.sweeps.tuning`.
    """
    ladder, scores = sorted(lrs), dict[float, float]()
    for _ in range(MOST_LONGER + 1):
        rates = [lr for lr in ladder if lr not in scores]
        pairs = [(lr, seed) for lr in rates for seed in selection]
        nets = _trained(build, pairs, loop)
        hits = [_accuracy(net, data, seed) for net, (_, seed) in zip(nets, pairs, strict=True)]
        means = np.reshape(hits, (len(rates), -1)).mean(1)
        scores |= zip(rates, means, strict=True)
        best = max(ladder, key=scores.__getitem__)
        if not grow(ladder, best):
            break
    return _trained(build, [(best, seed) for seed in seeds], loop), best


def _trained(
    build: Callable[[int], nn.Sequential], pairs: Sequence[tuple[float, int]], loop: Loop
) -> list[nn.Sequential]:
    rates, seeds = zip(*pairs, strict=True)
    nets = [build(seed) for seed in seeds]
    stacked = stack(nets)
    loop(stacked, torch.tensor(rates), seeds)
    unstack(stacked, nets)
    return nets


def _accuracy(net: nn.Sequential, data: Dataset | Callable[[int], Dataset], seed: int) -> float:
    dataset = data if isinstance(data, Dataset) else data(seed)
    return float(evaluate_networks([net], dataset, dataset.validation.take(VALIDATED_ON))[1][0])
