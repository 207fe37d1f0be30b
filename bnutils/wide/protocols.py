"""What a stacked layer may offer besides ``forward``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Writable(Protocol):
    """A layer that copies its weights and statistics into the layers it was made of."""

    def write_back(self, layers: Sequence[Any]) -> None:
        """Write into ``layers``, one for each network."""


@runtime_checkable
class Weighted(Protocol):
    """A layer with weights whose gradients are worth a look."""

    def weights(self) -> list[Tensor]:
        """The matrices or kernels, those of all networks one after another."""
