"""From what makes layers to one that was seen to work, for one kind of input."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn.modules.lazy import LazyModuleMixin

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.building import CannotCall, Maker, is_torch, widths
from bnutils.practice.diagnosis.calling import as_input, way_of
from bnutils.practice.diagnosis.held import Numbers, as_dtype, copied
from bnutils.practice.diagnosis.subject import Subject

IMAGES = (3, 2, 5)  # samples, rows, columns to try, with 4 channels: no two sizes are equal


def subject(
    maker: Maker, rank: int, dtype: str = "float64", last: bool = False,
    sizes: tuple[int, int, int] = IMAGES,
) -> Subject:  # fmt: skip
    """The layer of ``maker`` for inputs of a rank, after it was seen to work.

    ``sizes`` are the samples, rows and columns of the images that are tried.
    Raises what the layer raised last, or CannotCall where none could be made.
    """
    problem: Exception = CannotCall("the layer could not be made from a number of channels")
    every = [4] if maker.fresh else widths(maker.source)
    for channels in every:
        for layer in maker.candidates(channels, rank):
            try:
                shape = (6, channels) if rank == 2 else (sizes[0], channels, *sizes[1:])
                return _tried(layer, rank, shape, dtype, last)
            except Exception as error:
                problem = error
    raise problem


def _rounds(subject: Subject, x: Numbers) -> bool:
    """Whether the layer computes with fewer digits than it gives, as most small steps are lost."""
    y = subject(x, True)
    lost = subject(x * (1 + 1e-9 * np.random.default_rng(1).normal(size=x.shape)), True) == y
    return bool(np.ptp(y) > 0 and lost.mean() > 0.5)


def _tried(layer: Any, rank: int, shape: tuple[int, ...], dtype: str, last: bool) -> Subject:
    known = is_torch(layer)
    as_dtype(layer, dtype)
    x = np.random.default_rng(0).normal(size=shape)
    kinds = (not known,) if known is not None else (True, False)
    way = way_of(layer)
    ways = [way]
    if way.argument and way.train is True:  # or the mode is a word
        ways.append(replace(way, train="train", evaluate=words.EVALUATION[0]))
    if isinstance(layer, LazyModuleMixin):  # it learns its width from an input
        with torch.no_grad():
            folded = Subject(layer, way, rank, shape[1], False, last=last).folded(x)
            way(layer, as_input(folded, False, dtype), False)
    problem: Exception | None = None
    for way, numpy in itertools.product(ways, kinds):
        numpy = getattr(layer, "numpy", numpy)
        one = Subject(copied(layer), way, rank, shape[1], numpy, dtype, last)
        try:
            one(x, True)
            exact = "float64" in str(one.raw(x).dtype) and not _rounds(one, x)
            return one if exact else replace(one, tolerance=2e-3)
        except Exception as error:
            problem = error
    assert problem is not None
    raise problem


@contextmanager
def default_dtype() -> Iterator[None]:
    """Leave PyTorch's default as it was."""
    usual = torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_default_dtype(usual)
