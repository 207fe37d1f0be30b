"""What does training by another loop give, at the best of several learning rates?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset, Part
from bnutils.training.evaluation import evaluate
from bnutils.wide import stack, unstack


def at_best_rate(
    nets: Sequence[nn.Sequential],
    lrs: Sequence[float],
    loop: Callable[[nn.Sequential, Tensor], None],
    dataset: Dataset,
    validation: Part,
) -> tuple[list[nn.Sequential], float]:
    """Copies of S networks that ``loop`` trained at the best of L learning rates, and that rate.

    ``loop`` trains L·S networks as one stack, given with their ``rates`` [L·S]. The best rate has
    the highest mean accuracy on ``validation``, of equal ones the first.
    """
    copies = [deepcopy(net) for _ in lrs for net in nets]  # L·S
    stacked = stack(copies)
    loop(stacked, torch.tensor(lrs).repeat_interleave(len(nets)))
    unstack(stacked, copies)
    _, accuracy = evaluate(stacked, len(copies), dataset, validation)  # [L·S]
    best = int(accuracy.reshape(len(lrs), -1).mean(1).argmax())
    return copies[best * len(nets) : (best + 1) * len(nets)], lrs[best]
