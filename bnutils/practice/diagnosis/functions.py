"""A layer that was handed in as a function of its input, parameters and averages."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.backwards import backward_beside, call_backward
from bnutils.practice.diagnosis.held import array_size


def is_function_layer(source: Any) -> bool:
    """Whether ``source`` normalizes itself, and does not make a layer that does.

    It takes an input, and gamma or a dict of parameters or settings besides.
    """
    if not inspect.isfunction(source):
        return False
    names = list(inspect.signature(source).parameters)
    asked = words.GAMMA | words.SETTINGS
    return input_of(names) is not None and any(words.one_of(name, asked) for name in names)


def input_of(names: list[str]) -> str | None:
    """Which argument is the input: the first, or one that follows dicts of parameters."""
    others = itertools.dropwhile(lambda name: words.one_of(name, words.SETTINGS), names)
    first = next(others, "")
    return first if words.one_of(first, words.INPUT) else None


class Settings(dict[str, Any]):
    """A dict that has γ, β and the averages under whatever names it is asked for."""

    def __missing__(self, name: str) -> Any:
        for names, number in ((words.GAMMA | words.VAR, 1.0), (words.BETA | words.MEAN, 0.0)):
            if words.one_of(name, names):
                self[name] = number * self["one"]
                return self[name]
        raise KeyError(name)


def kinds(function: Callable[..., Any]) -> tuple[bool, ...]:
    """Whether it computes with NumPy, told from what it names; both where nothing tells."""
    named = set(function.__code__.co_names)  # known where the source is not
    if "np." in _source(function) or named & {"np", "numpy"}:
        return (True,)
    return (False,) if "torch" in _source(function) or "torch" in named else (True, False)


class FunctionLayer:
    """Keeps what the function is given, and what it gives back, between its calls.

    Averages come back in its result (``y, mean, var``, or a dict), or changed in place.
    """

    def __init__(
        self, function: Callable[..., Any], channels: int, rank: int, settings: dict[str, Any],
        numpy: bool, flat: bool,
    ) -> None:  # fmt: skip
        self.function = function
        self.backward_function = settings.get("backward") or backward_beside(function)
        names = list(inspect.signature(function).parameters)
        self.input = str(input_of(names))
        self.names = [name for name in names if name != self.input]
        self.defaults = {
            name: p.default
            for name, p in inspect.signature(function).parameters.items()
            if p.default is not p.empty
        }
        self.pair = next((n for n in self.names if n == "cache" and n not in self.defaults), None)
        self.settings = {name: value for name, value in settings.items() if name != "backward"}
        self.numpy = numpy
        shape = (channels,) if flat else (1, channels, *[1] * (rank - 2))
        make: Any = np if self.numpy else torch
        self.gamma, self.beta = make.ones(shape), make.zeros(shape)
        self.mean, self.var = make.zeros(shape), make.ones(shape)
        self.config = Settings(eps=1e-5, momentum=0.9, one=make.ones(shape))
        self.cache: Any = None
        if not self.numpy:
            self.gamma.requires_grad_(), self.beta.requires_grad_()

    def __call__(self, x: Any, training: bool = True) -> Any:
        self.config["mode"] = "train" if training else "test"
        result = self.function(**{self.input: x}, **self._arguments(training))
        if not isinstance(result, tuple):
            return result
        others = list(result)
        sizes = (i for i, one in enumerate(others) if getattr(one, "shape", None) == x.shape)
        y = others.pop(next(sizes, 0))
        for updated in (other for other in others if isinstance(other, dict)):
            if set(updated) <= set(self.config):
                self.config.update(updated)
        stats = [n for n in self.names if words.one_of(n, words.MEAN | words.VAR)]
        sized = [o for o in others if hasattr(o, "shape") and array_size(o) == self._size()]
        if (len(stats) == 2 or self.pair) and len(sized) >= 2:
            self.mean, self.var = sized[:2]
        kept = [other for other in others if isinstance(other, tuple | dict)] or others
        self.cache = kept[0] if kept else None
        return y

    def backward(self, dy: Any) -> Any:
        if self.backward_function is None:
            raise NotImplementedError
        return call_backward(self.backward_function, dy, self.gamma, self.beta, self.cache)

    def _size(self) -> int:
        return array_size(self.gamma)

    def _arguments(self, training: bool) -> dict[str, Any]:
        mode = "train" if training else "test"
        values: tuple[tuple[frozenset[str], Any], ...] = (
            (words.GAMMA, self.gamma), (words.BETA, self.beta), (words.MEAN, self.mean),
            (words.VAR, self.var), (words.SETTINGS, self.config), (words.EPS, 1e-5),
            (words.MOMENTUM, 0.1), (words.TRAINING, training), (words.EVALUATING, not training),
        )  # fmt: skip
        given: dict[str, Any] = {self.pair: (self.mean, self.var)} if self.pair else {}
        for name in self.names:
            default = self.defaults.get(name)
            for names, value in values:
                if words.one_of(name, names) and not isinstance(default, float):
                    given[name] = mode if isinstance(default, str) else value
                    break
        return given | self.settings


def _source(function: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return ""
