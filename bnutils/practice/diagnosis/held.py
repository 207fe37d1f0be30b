"""The arrays that a layer holds, wherever it keeps them: found, read, written, copied."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bnutils.practice.diagnosis import words

Numbers = NDArray[np.float64]
DEPTH = 4  # of attributes, dicts and lists within each other


def held(owner: Any, path: str = "", depth: int = DEPTH) -> Iterator[tuple[str, Any]]:
    """Paths and arrays (tensors, or NumPy's) of floating-point numbers below ``owner``."""
    for key, value in _items(owner):
        place = f"{path}.{key}".lstrip(".")
        if _is_array(value):
            yield place, value
        elif depth and _is_container(value):
            yield from held(value, place, depth - 1)


def arrays(owner: Any) -> dict[str, Any]:
    return dict(held(owner))


def halves(path: str, value: Any, channels: int) -> dict[str, Any]:
    """An array with two numbers for each channel as two views of it; any other as it is."""
    if array_size(value) != 2 * channels:
        return {path: value}
    apart = value.reshape(2, -1) if value.ndim == 1 else value
    if 2 not in apart.shape:
        return {path: value}
    moved = apart.swapaxes(0, list(apart.shape).index(2))
    return {f"{path}[{i}]": half for i, half in enumerate(moved)}


def read(array: Any) -> Numbers:
    """The numbers of a tensor or an array as a new float64 array of the same shape."""
    if isinstance(array, Tensor):
        array = array.detach().cpu().to(torch.float64).numpy()
    return np.array(array, dtype=np.float64)


def write(array: Any, values: Any) -> None:
    """Overwrite ``array`` in place; ``values`` has as many numbers, or one for all."""
    filled = np.broadcast_to(np.asarray(values, dtype=np.float64).ravel(), array_size(array))
    shaped = np.array(filled).reshape(tuple(array.shape))
    if isinstance(array, Tensor):
        with torch.no_grad():
            array.data.copy_(torch.from_numpy(shaped))
    else:
        array[...] = shaped


def array_size(array: Any) -> int:
    return int(np.prod(tuple(array.shape), dtype=int))


def copied(layer: Any) -> Any:
    """A deep copy, of tensors that hang in a graph too, which ``deepcopy`` refuses."""
    memo: dict[int, Any] = {}
    for _, value in held(layer):
        if isinstance(value, Tensor) and not value.is_leaf:
            memo[id(value)] = value.detach().clone()
    return copy.deepcopy(layer, memo)


def as_dtype(layer: Any, dtype: str) -> None:
    """Turn all that ``layer`` holds to ``dtype``, plain attributes too."""
    if isinstance(layer, nn.Module):
        layer.to(getattr(torch, dtype))
    _cast(layer, dtype, DEPTH)


def _cast(owner: Any, dtype: str, depth: int) -> None:
    for key, value in list(_items(owner)):
        if isinstance(value, nn.Parameter):
            value.data = value.data.to(getattr(torch, dtype))
        elif isinstance(value, Tensor) and _is_array(value):
            turned = value.detach().to(getattr(torch, dtype))
            _put(owner, key, turned.requires_grad_(value.requires_grad))
        elif _is_array(value):
            _put(owner, key, value.astype(dtype))
        elif _is_number(owner, value) and words.one_of(str(key), words.GAMMA | words.BETA):
            _put(owner, key, np.array(value, dtype))  # a number of NumPy's changes in place
        elif depth and _is_container(value):
            _cast(value, dtype, depth - 1)


def _put(owner: Any, key: Any, value: Any) -> None:
    if isinstance(owner, dict | list):
        owner[key] = value
    elif not isinstance(owner, tuple):
        setattr(owner, key, value)


def _items(owner: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(owner, dict):
        yield from owner.items()
    elif isinstance(owner, list | tuple):
        yield from enumerate(owner)
    else:
        groups = ("_parameters", "_buffers", "_modules") if isinstance(owner, nn.Module) else ()
        for key, value in getattr(owner, "__dict__", {}).items():
            yield from value.items() if key in groups else ((key, value),)


def _is_array(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.is_floating_point() and not nn.parameter.is_lazy(value)
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_number(owner: Any, value: Any) -> bool:
    """Whether it may be a parameter; a module holds numbers that no optimizer sees: settings."""
    return type(value) in (float, int) and not isinstance(owner, nn.Module)


def _is_container(value: Any) -> bool:
    if isinstance(value, dict | list | tuple | nn.Module):
        return True
    own = type(value).__module__.split(".")[0] not in ("builtins", "numpy", "torch", "types")
    return own and hasattr(value, "__dict__") and not isinstance(value, type)
