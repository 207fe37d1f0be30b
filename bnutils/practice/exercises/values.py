"""Outputs of answers as plain values, compared, and shown."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch


def plain(value: Any) -> Any:
    """Tensors, numbers and lists of numbers as float64 arrays; text and the rest as they are."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().to(torch.float64).numpy()
    if isinstance(value, str | bool | np.bool_) or value is None:
        return bool(value) if isinstance(value, np.bool_) else value
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return value


def values(result: Any, count: int) -> tuple[Any, ...]:
    """The values of a result, of which there should be ``count``."""
    several = isinstance(result, tuple | list) and count > 1
    return tuple(plain(value) for value in (result if several else (result,)))


def same(one: Any, other: Any, rtol: float, atol: float) -> bool:
    """Whether two plain values are equal, numbers up to rounding and NaN like any number."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape:
            return False
        return bool(np.allclose(one, other, rtol=rtol, atol=atol, equal_nan=True))
    return type(one) is type(other) and bool(one == other)


def copied(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return copy.deepcopy(args)


def unchanged(args: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    pairs = zip(args, before, strict=True)
    return all(same(plain(a), plain(b), 0.0, 0.0) for a, b in pairs if _holds_numbers(a))


def shown(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return f"{float(value):.5g}"
        numbers = ", ".join(f"{number:.4g}" for number in value.ravel()[:6])
        more = ", …" if value.size > 6 else ""
        return f"[{numbers}{more}] of shape {list(value.shape)}"
    return value if isinstance(value, str) else repr(value)[:120]


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, torch.Tensor | np.ndarray)
