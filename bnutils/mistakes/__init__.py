"""Batch normalization with one mistake at a time, and a check that exposes each.

`ShortBatchNorm` is right. Every other layer inherits from it and gets one thing wrong, as code
found in courses and repositories does.
"""

from bnutils.mistakes.catalogue import MISTAKES, Mistake, passes
from bnutils.mistakes.checks import LayerKind
from bnutils.mistakes.short import ShortBatchNorm

__all__ = ["MISTAKES", "LayerKind", "Mistake", "ShortBatchNorm", "passes"]
