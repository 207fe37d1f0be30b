"""Layers that take images only where these are as wide as there are channels."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.axes import shared_axes
from bnutils.practice.diagnosis.bench import Bench
from bnutils.practice.diagnosis.building import Maker
from bnutils.practice.diagnosis.forming import subject
from bnutils.practice.diagnosis.held import held

TOLD = "images are taken only where they are as wide as there are channels"


def square_mistake(maker: Maker, dtype: str) -> str | None:
    """What goes along the last dimension, and not along the channels; None where nothing does."""
    try:
        square = subject(maker, 4, dtype, sizes=(4, 4, 4))
    except Exception:
        return None
    x = np.random.default_rng(7).normal(size=(4, 4, 4, 4))
    kept = shared_axes(square, x) if square.channels == 4 else None
    if kept in ("W", "BW"):  # NumPy's layers have no layout in common
        return None if square.numpy else "axes-last"
    return "affine-axis" if kept == "C" and not _takes_wider(maker, dtype) else None


def _takes_wider(maker: Maker, dtype: str) -> bool:
    try:
        subject(maker, 4, dtype, sizes=(4, 6, 6))
    except Exception:
        return False
    return True


def upright(maker: Maker) -> Maker:
    """``maker`` of layers in PyTorch whose γ and β go along the channels of images."""

    @functools.wraps(maker.source, updated=())
    def made(*arguments: Any, **settings: Any) -> Any:
        layer = maker.source(*arguments, **settings)
        for path, value in held(layer):
            affine = words.one_of(path, words.GAMMA | words.BETA)
            if affine and isinstance(value, torch.Tensor) and value.dim() == 1:
                value.data = value.data.reshape(-1, 1, 1)
        return layer

    return replace(maker, source=made) if maker.fresh else maker


def check_square(bench: Bench) -> None:
    """A layer that takes the last dimension for the channels takes images as wide as they are many.

    Statistics for each pixel are no mistake in a layer that is for vectors alone.
    """
    mistake = square_mistake(bench.maker, bench.start.dtype) if bench.images is None else None
    if mistake is not None:
        bench.findings.mistake(mistake, TOLD)
