"""The function that gives the gradients of a layer that is a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from bnutils.practice.diagnosis import words


def backward_beside(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """``bn_backward`` for ``bn`` or ``bn_forward``, where one stands in the same module."""
    name = function.__name__
    names = {f"{name}_backward", name.replace("forward", "backward")} - {name}
    found = (function.__globals__.get(each) for each in sorted(names))
    return next(filter(inspect.isfunction, found), None)


def call_backward(backward: Callable[..., Any], dy: Any, gamma: Any, beta: Any, cache: Any) -> Any:
    """What ``backward`` gives; of several arguments besides ``dy`` it is given γ and β by name."""
    parameters = list(inspect.signature(backward).parameters.values())[1:]
    asked = [p.name for p in parameters if p.default is p.empty]
    if len(asked) < 2:
        return backward(dy, cache)
    roles = ((words.GAMMA, gamma), (words.BETA, beta))
    named = {name: v for name in asked for names, v in roles if words.one_of(name, names)}
    return backward(dy, **{name: named.get(name, cache) for name in asked})
