"""A run of the page's two networks, by PyTorch, for pictures where no script runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.show.explorables.toys import batches, normals, toy

HELD = 100  # from the seed of a toy's training part to that of its held-out part
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


@dataclass(frozen=True)
class Settings:
    """What the playground can be set to, but for digits, and how many points a toy has."""

    data: str
    depth: int
    width: int
    activation: str
    lr: float
    batch: int
    scale: float
    seed: int
    points: int


@dataclass(frozen=True)
class Run:
    """The end: points [n, 2], labels [n]; of both nets shares [2, grid², K], answers [2, n]."""

    points: np.ndarray
    labels: np.ndarray
    shares: np.ndarray
    answers: np.ndarray
    accuracy: tuple[float, float]


@cache
def run(settings: Settings, steps: int, grid: int = 32) -> Run:
    """Train both networks for so many steps, and ask them about a grid over [-1, 1]².

    It takes seconds, so what was run once is kept.
    """
    parts = [toy(settings.data, settings.points, settings.seed + part) for part in (0, HELD)]
    (x, labels), (held_x, held) = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in parts]
    classes = int(labels.max()) + 1
    nets = [_network(settings, classes, norm) for norm in (False, True)]
    chosen = list(islice(batches(len(labels), settings.batch, settings.seed + 7), steps))
    for net in nets:
        _train(net, x, labels, chosen, settings.lr)
    across = torch.linspace(-1, 1, grid, dtype=torch.float64)
    places = torch.cartesian_prod(across.flip(0), across).flip(1)  # rows from the top
    with torch.no_grad():
        shares = torch.stack([net.eval()(places).softmax(1) for net in nets]).numpy()
        answers = torch.stack([net(x).argmax(1) for net in nets]).numpy()
        hits = [float((net(held_x).argmax(1) == held).double().mean()) for net in nets]
    return Run(*parts[0], shares, answers, (hits[0], hits[1]))


def _network(settings: Settings, classes: int, norm: bool) -> nn.Sequential:
    sizes = [2, *[settings.width] * settings.depth, classes]
    normal, layers = normals(settings.seed), list[nn.Module]()
    for at, (inputs, outputs) in enumerate(pairwise(sizes)):
        last = at == settings.depth
        linear = nn.Linear(inputs, outputs, bias=last or not norm)
        std = settings.scale * np.sqrt(2 / inputs)
        drawn = torch.tensor(list(islice(normal, inputs * outputs)), dtype=torch.float64)
        linear.weight.data = std * drawn.reshape(outputs, inputs)
        if linear.bias is not None:
            linear.bias.data.zero_()
        between = [nn.BatchNorm1d(outputs)] if norm else []
        layers += [linear] if last else [linear, *between, ACTIVATIONS[settings.activation]()]
    return nn.Sequential(*layers).double()


def _train(net: nn.Module, x: Tensor, labels: Tensor, chosen: list[list[int]], lr: float) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for batch in chosen:
        optimizer.zero_grad()
        F.cross_entropy(net(x[batch]), labels[batch]).backward()
        optimizer.step()
