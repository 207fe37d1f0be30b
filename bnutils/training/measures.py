"""What a reader measures of each network on the way, by functions of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.data.dataset import Dataset
from bnutils.networks.chance import chance
from bnutils.wide import unstack

Measures = Mapping[str, Callable[[nn.Sequential, Dataset], Any]]


def check_measures(measure: Any) -> Measures:
    """``measure`` as it is; raises ValueError unless it maps names to functions."""
    named = isinstance(measure, Mapping) and all(
        isinstance(name, str) and name.isidentifier() and callable(function)
        for name, function in measure.items()
    )
    if not named:
        raise ValueError(
            f"measure is {measure!r}; give names, of letters, digits and _, with functions of a "
            'network and a data set, as in {"length": lambda net, data: net[1].weight.norm()}'
        )
    return dict(measure)


class Watch:
    """Calls each of ``measure`` on copies of R networks, whenever `look` is called.

    ``own`` are the data sets, one for all or one for each network, and ``seeds`` [R] what a
    function that draws starts from.
    """

    def __init__(
        self,
        measure: Measures,
        nets: Sequence[nn.Sequential],
        own: Sequence[Dataset],
        seeds: Sequence[int],
    ) -> None:
        self._measure, self._nets, self._seeds = measure, nets, seeds
        self._own = list(own) * (len(nets) if len(own) == 1 else 1)
        self._found: dict[tuple[str, int], list[np.ndarray]] = {}

    def look(self, stacked: nn.Module) -> None:
        """Measure the networks, which train as ``stacked``, in evaluation mode without gradients.

        Raises ValueError for what is no array of numbers, or of another shape than at first.
        """
        if self._measure and isinstance(stacked, nn.Sequential):
            unstack(stacked, self._nets)
        for name, function in self._measure.items():
            each = zip(self._nets, self._own, self._seeds, strict=True)
            for r, (net, dataset, seed) in enumerate(each):
                with torch.no_grad(), chance(seed):
                    value = _numbers(name, function(deepcopy(net).eval(), dataset))
                values = self._found.setdefault((name, r), [])
                values.append(value)
                if value.shape != values[0].shape:
                    raise ValueError(
                        f"measure {name!r} gave an array {list(values[0].shape)} at first and "
                        f"{list(value.shape)} later; give one shape at every step"
                    )

    def of(self, r: int) -> dict[str, np.ndarray]:
        """What each measure gave of network ``r``, [T, ...] for T looks."""
        return {name: np.stack(self._found[name, r]) for name in self._measure}


def _numbers(name: str, value: Any) -> np.ndarray:
    """``value`` as an array of its own; raises ValueError where it has anything but numbers."""
    try:
        array = np.array(_plain(value))
    except (TypeError, ValueError):  # ragged, or of a kind that NumPy does not know
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"measure {name!r} gave {value!r}; give a number, or an array or tensor of numbers"
        )
    return array


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    return list(map(_plain, value)) if isinstance(value, list | tuple) else value
