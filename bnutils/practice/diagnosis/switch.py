"""The switch between the modes, where no usual name tells it: found by what it does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bnutils.practice.diagnosis.calling import Way, attributes, tell_mode
from bnutils.practice.diagnosis.held import copied
from bnutils.practice.diagnosis.mode import depends
from bnutils.practice.diagnosis.subject import Subject


def with_switch(subject: Subject) -> Subject:
    """``subject`` with the first switch that frees evaluation, and not training, of its batch."""
    layer = copied(subject.layer)
    if subject.way.argument or tell_mode(layer, True) or not _depends(subject, False):
        return subject
    ways = [replace(subject, way=way) for way in _switches(layer, subject.way)]
    fit = (one for one in ways if _depends(one, True) and _depends(one, False) is False)
    return next(fit, subject)


def _switches(layer: Any, way: Way) -> Iterator[Way]:
    """Arguments and attributes that are True or False; what stands there is for training."""
    for name, parameter in inspect.signature(getattr(layer, way.method)).parameters.items():
        if isinstance(parameter.default, bool):
            yield Way(way.method, name, parameter.default, not parameter.default)
    for name, value in attributes(layer).items():
        if isinstance(value, bool):
            yield Way(way.method, None, value, not value, attribute=name)


def _depends(subject: Subject, training: bool) -> bool | None:
    """As `depends`; None where the layer raises."""
    try:
        return depends(subject, training, training)
    except Exception:
        return None
