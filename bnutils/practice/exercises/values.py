"""Outputs of answers as plain values, compared, and shown."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn


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
    """The values of a result, of which there should be ``count``: also those of one array."""
    several = count > 1 and isinstance(result, tuple | list)
    if count > 1 and isinstance(result, torch.Tensor | np.ndarray):
        several = np.ndim(plain(result)) > 0 and len(result) == count
    elif count == 1 and isinstance(result, tuple):
        several = not isinstance(plain(result), np.ndarray)
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
    now, then = _numbers(args), _numbers(before)
    return len(now) == len(then) and all(
        same(plain(a), plain(b), 0.0, 0.0) for a, b in zip(now, then, strict=True)
    )


def shown(value: Any) -> str:
    """A value in a few characters."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return f"{float(value):.5g}"
        numbers = ", ".join(f"{number:.4g}" for number in value.ravel()[:6])
        more = ", …" if value.size > 6 else ""
        return f"[{numbers}{more}] of shape {list(value.shape)}"
    return value if isinstance(value, str) else repr(value)[:120]


def _numbers(args: tuple[Any, ...]) -> list[Any]:
    """The arrays among arguments, and in the layers and records among them."""
    found: list[Any] = []
    for value in args:
        if isinstance(value, nn.Module):
            found += value.state_dict().values()
        elif isinstance(value, SimpleNamespace):
            found += vars(value).values()
        elif isinstance(value, torch.Tensor | np.ndarray):
            found.append(value)
    return found
