"""Ways to spend the time: each trains, or only multiplies, and returns samples per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, pairwise

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import VisionDataset

from bnutils.data.dataset import Dataset
from bnutils.sweeps.fit import fit
from bnutils.training.recipe import Recipe
from tools.bench.work import LR, SEEDS, SIZES, build


class SingleImages(VisionDataset):  # type: ignore[misc]
    """Hands out images one by one as torchvision.datasets.MNIST does: PIL, then a transform."""

    def __init__(self, data: Dataset) -> None:
        normalise = transforms.Normalize(data.mean.tolist(), data.std.tolist())
        transform = transforms.Compose([transforms.ToTensor(), normalise])
        super().__init__(root="", transform=transform)
        self.images, self.labels = data.train.images[:, 0], data.train.labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.images[index].numpy())
        return self.transform(image), int(self.labels[index])


def tutorial_loop(data: Dataset, batch_size: int, steps: int) -> float:
    """One network, a DataLoader with its default settings, a transform for every image."""
    return one_network(DataLoader(SingleImages(data), batch_size, shuffle=True), steps)


def careful_loop(floats: tuple[Tensor, Tensor], batch_size: int, steps: int) -> float:
    """One network on all cores, normalised floats in memory, whole batches by index."""

    def once() -> Iterator[tuple[Tensor, Tensor]]:
        images, labels = floats
        for index in torch.randperm(len(images)).split(batch_size):
            yield images.index_select(0, index), labels.index_select(0, index)

    return one_network(once(), steps)


def one_network(batches: Iterable[tuple[Tensor, Tensor]], steps: int) -> float:
    """Train one network on at most ``steps`` batches with PyTorch's own optimizer."""
    net = build(0)
    optimizer = torch.optim.SGD(net.parameters(), lr=LR)
    samples, since = 0, time.perf_counter()
    for x, y in islice(batches, steps):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        samples += len(y)
    return samples / (time.perf_counter() - since)


def engine(data: Dataset, batch_size: int, steps: int, jobs: int) -> float:
    """``fit`` with five seeds; the time it takes to deal out the work is included."""
    recipe = Recipe(batch_size=batch_size, steps=steps, points=1, evaluate_on=10)
    since = time.perf_counter()
    fit(build, data, recipe, lrs=(LR,), seeds=range(SEEDS), jobs=jobs)
    return SEEDS * batch_size * steps / (time.perf_counter() - since)


def matrix_products(
    multiply: Callable[[Tensor, Tensor], Tensor], batch_size: int, steps: int
) -> float:
    """The products of the forward and backward passes of five networks, and nothing else."""
    layers = []
    for fan_in, fan_out in pairwise(SIZES):
        weight = torch.randn(SEEDS, fan_out, fan_in)
        x = torch.randn(SEEDS, batch_size, fan_in).mT  # [S, in, B]
        layers.append((weight, x, torch.randn(SEEDS, fan_out, batch_size)))
    since = time.perf_counter()
    for _ in range(steps):
        for index, (weight, x, dy) in enumerate(layers):
            multiply(weight, x)  # [S, out, B]
            multiply(dy, x.mT)  # [S, out, in]
            if index:  # nobody asks for the gradient of the images
                multiply(weight.mT, dy)  # [S, in, B]
    return SEEDS * batch_size * steps / (time.perf_counter() - since)
