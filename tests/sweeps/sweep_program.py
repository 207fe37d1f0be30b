"""A program with a small sweep, as a reader might write it; run by tests in processes of its own.

Every network that is built is noted in the file SWEEP_LOG. The first process that comes to the one
named in SWEEP_HOLD is held there: SWEEP_LOG with .held names it, with .go lets it go on.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

import torch

from bnutils.data.dataset import Dataset, Part
from bnutils.networks.mlp import mlp
from bnutils.sweeps.sweep import grid
from bnutils.training.recipe import Recipe

ARMS = tuple("abcdefgh")
SEEDS = (0, 1)


def tiny_dataset():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(120) % 3
    images = torch.randint(0, 8, (120, 1, 4, 4), generator=generator, dtype=torch.uint8)
    images += (labels * 4).to(torch.uint8).view(-1, 1, 1, 1)
    part = Part(images, labels)
    return Dataset(
        name="tiny",
        train=part,
        validation=part.take(60),
        test=part.take(30),
        classes=("0", "1", "2"),
        scale=16.0,
        mean=torch.tensor([0.4]),
        std=torch.tensor([0.2]),
    )


def width_of(arm):
    return 4 + ARMS.index(arm)


def build(arm, seed):
    note(f"{arm} {seed}")
    if os.environ.get("SWEEP_HOLD") == f"{arm} {seed}":
        hold(os.environ["SWEEP_LOG"])
    if os.environ.get("SWEEP_CRASH") == f"{arm} {seed}":
        os._exit(3)
    return mlp([16, width_of(arm), 3], seed=seed)


def hold(log):
    try:
        with open(f"{log}.held", "x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        return
    while not os.path.exists(f"{log}.go"):
        time.sleep(0.01)


def note(words):
    if "SWEEP_LOG" in os.environ:
        with open(os.environ["SWEEP_LOG"], "a") as file:
            file.write(f"{words} {os.getpid()}\n")


def sweep():
    recipe = Recipe(batch_size=10, steps=20, points=2)
    return grid(
        {arm: partial(build, arm) for arm in ARMS}, tiny_dataset(), recipe, lrs=(0.1,), seeds=SEEDS
    )


if __name__ == "__main__":
    for file in sys.argv[1:]:
        Path(f"{file}.ready").touch()
        while not Path(file).exists():
            time.sleep(0.01)
    results = sweep().run()
    print(" ".join(record.status for record in results.records))
