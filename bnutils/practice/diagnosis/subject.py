"""A layer under examination: numbers go in and come out as arrays, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from bnutils.practice.diagnosis.building import CannotCall
from bnutils.practice.diagnosis.calling import Way, as_input
from bnutils.practice.diagnosis.held import (
    Numbers,
    array_size,
    arrays,
    copied,
    halves,
    read,
    write,
)


@dataclass(frozen=True)
class Subject:
    """One form of the layer, for vectors [m, C] or images [B, C, H, W], at one moment.

    Images are given to a layer of rank 3 as [B, C, H·W], of rank 5 as [B, C, H, 1, W]. Calls do not
    change it: each runs on a copy, and `after` gives the subject after a call.
    """

    layer: Any
    way: Way
    rank: int
    channels: int
    numpy: bool
    dtype: str = "float64"
    last: bool = False  # channels in the last dimension
    tolerance: float = 1e-6  # relative; more where the layer computes in float32

    def __call__(self, x: Numbers, training: bool, grad: bool | None = None) -> Numbers:
        return self.after(x, training, grad)[1]

    def after(
        self, x: Numbers, training: bool, grad: bool | None = None
    ) -> tuple[Subject, Numbers]:
        """The subject after a call, and the output; gradients are recorded by default to train."""
        layer = copied(self.layer)
        with torch.set_grad_enabled(training if grad is None else grad):
            y = self.way(layer, as_input(self.folded(x), self.numpy, self.dtype), training)
        if tuple(y.shape) != self.folded(x).shape:
            raise CannotCall(f"the output has shape {tuple(y.shape)}, the input {x.shape}")
        return replace(self, layer=layer), self.unfolded(read(y), x.shape)

    def raw(self, x: Numbers) -> Any:
        """What the layer gives in training, as it gives it."""
        layer = copied(self.layer)
        return self.way(layer, as_input(self.folded(x), self.numpy, self.dtype), True)

    def same(self, a: Any, b: Any) -> bool:
        """Whether numbers are equal but for rounding, beside the largest of them."""
        one, other = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
        known = other[np.isfinite(other)]
        size = max(float(np.abs(known).max(initial=0)), 1e-30)
        return np.allclose(one, other, rtol=0, atol=self.tolerance * size, equal_nan=True)

    def folded(self, x: Numbers) -> Numbers:
        """Values [m, C] or [B, C, H, W] in the layer's own layout."""
        images = x[:, :, None, None] if self.rank > 2 and x.ndim == 2 else x
        if self.rank == 3:
            images = images.reshape(*images.shape[:2], -1)
        if self.rank == 5:
            images = images[:, :, :, None]
        return np.moveaxis(images, 1, -1) if self.last and images.ndim > 2 else images

    def unfolded(self, y: Numbers, shape: tuple[int, ...]) -> Numbers:
        """What `folded` made of values of this shape, as it was."""
        y = np.moveaxis(y, -1, 1) if self.last and y.ndim > 2 else y
        return y.reshape(shape)

    def arrays(self, layer: Any = None) -> dict[str, Any]:
        """What the layer, or a copy of it, holds: see `halves`."""
        own = arrays(self.layer if layer is None else layer)
        parts = (halves(path, value, self.channels) for path, value in own.items())
        return {path: part for group in parts for path, part in group.items()}

    def held(self) -> dict[str, Numbers]:
        return {path: read(value) for path, value in self.arrays().items()}

    def sized(self) -> dict[str, Numbers]:
        """Of what is held, the arrays with one number for each channel, or one alone."""
        fits = (1, self.channels)
        return {p: v for p, v in self.held().items() if array_size(v) in fits}

    def with_values(self, values: dict[str, Any]) -> Subject:
        """The subject with other numbers in some of its arrays, which keep their shapes."""
        layer = copied(self.layer)
        own = self.arrays(layer)
        for path, value in values.items():
            write(own[path], value)
        return replace(self, layer=layer)
