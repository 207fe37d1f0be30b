"""Batch normalization: a layer proved equal to PyTorch's, and experiments with error bars."""

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d

__all__ = ["BatchNorm1d", "BatchNorm2d"]
