"""Data sets for image classification, in memory."""

from typing import TYPE_CHECKING

from bnutils.data.dataset import Dataset, Part
from bnutils.data.errors import DataError
from bnutils.data.loading import load, resolve

if TYPE_CHECKING:
    from bnutils.data.arrays import from_arrays

__all__ = ["DataError", "Dataset", "Part", "from_arrays", "load", "resolve"]


def __getattr__(name: str) -> object:
    if name == "from_arrays":  # it needs PyTorch, and to choose a data set does not
        from bnutils.data.arrays import from_arrays

        return from_arrays
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
