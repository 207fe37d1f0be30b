"""Data sets for image classification, in memory."""

from bnutils.data.arrays import from_arrays
from bnutils.data.dataset import Dataset, Part
from bnutils.data.errors import DataError
from bnutils.data.loading import load, resolve

__all__ = ["DataError", "Dataset", "Part", "from_arrays", "load", "resolve"]
