"""How a layer is called, and how it is told that it trains or evaluates."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.building import CannotCall


@dataclass(frozen=True)
class Way:
    """The method to call, the argument or attribute that says the mode, and its two values."""

    method: str
    argument: str | None = None
    train: Any = True
    evaluate: Any = False
    attribute: str | None = None

    def __call__(self, layer: Any, x: Any, training: bool) -> Any:
        """The output for ``x``; the first of several results that has its shape."""
        result = self.results(layer, x, training)
        if result is None:  # the output is left in the layer
            kept = attributes(layer).items()
            result = next((v for name, v in kept if words.one_of(name, words.OUTPUT)), None)
        if isinstance(result, tuple | list):
            result = next((r for r in result if np.shape(r) == np.shape(x)), result[0])
        if not isinstance(result, Tensor | np.ndarray):
            raise CannotCall(f"{self.method} gave {type(result).__name__}, no array or tensor")
        return result

    def results(self, layer: Any, x: Any, training: bool) -> Any:
        """All that the layer gives."""
        tell_mode(layer, training)
        value = self.train if training else self.evaluate
        if self.attribute:
            setattr(layer, self.attribute, value)
        return getattr(layer, self.method)(x, **({self.argument: value} if self.argument else {}))


def way_of(layer: Any) -> Way:
    """Raises CannotCall where the layer has no method to call."""
    names = ("__call__",) if isinstance(layer, nn.Module) else words.FORWARD
    method = method_of(layer, names, words.FORWARD_LIKE)
    if method is None:
        raise CannotCall(f"{type(layer).__name__} has none of the methods {', '.join(names)}")
    called: Callable[..., Any] = layer.forward if isinstance(layer, nn.Module) else getattr(
        layer, method
    )  # fmt: skip
    parameters = inspect.signature(called).parameters
    if set(parameters) == {"args", "kwargs"} and hasattr(layer, "forward"):
        parameters = inspect.signature(layer.forward).parameters
    for name, parameter in list(parameters.items())[1:]:
        default = parameter.default
        if words.one_of(name, words.TRAINING):
            if isinstance(default, str):
                return Way(method, name, words.train_text(default), words.EVALUATION[0])
            return Way(method, name)
        if words.one_of(name, words.EVALUATING):
            return Way(method, name, False, True)
    return Way(method)


def method_of(layer: Any, names: tuple[str, ...], like: re.Pattern[str]) -> str | None:
    """The first of ``names`` that is a method, or else one of the class that sounds like it."""
    every = (*names, *filter(like.match, dir(type(layer))))
    return next((name for name in every if callable(getattr(layer, name, None))), None)


def tell_mode(layer: Any, training: bool) -> bool:
    """By ``train`` and ``eval``, or else by attributes with usual names; whether there are any."""
    if isinstance(layer, nn.Module):
        layer.train(training)
        return True
    switch = getattr(layer, "train" if training else "eval", None)
    if callable(switch) and callable(getattr(layer, "eval", None)):
        switch()
        return True
    told = False
    for name, value in attributes(layer).items():
        usual = words.one_of(name, words.TRAINING)
        if not (usual or words.one_of(name, words.EVALUATING)):
            continue
        if isinstance(value, bool):
            setattr(layer, name, training == usual)
            told = True
        elif isinstance(value, str) and usual:  # evaluation may have another word
            setattr(layer, name, words.train_text(value) if training else words.EVALUATION[0])
    return told


def attributes(layer: Any) -> dict[str, Any]:
    """Those of the layer, and of its classes."""
    owners = [*reversed(type(layer).__mro__), layer]
    return {k: v for owner in owners for k, v in getattr(owner, "__dict__", {}).items()}


def as_input(x: Any, numpy: bool, dtype: str) -> Any:
    """Numbers as the layer takes them."""
    array = np.array(x, dtype=dtype)
    return array if numpy else torch.from_numpy(array)
