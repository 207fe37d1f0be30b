"""The switch between the modes, where no usual name tells it: found by what it does."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bnutils.practice.diagnosis import words
from bnutils.practice.diagnosis.calling import Way, attributes, tell_mode
from bnutils.practice.diagnosis.held import copied
from bnutils.practice.diagnosis.mode import depends
from bnutils.practice.diagnosis.subject import Subject


def with_switch(subject: Subject) -> Subject:
    """``subject`` with the first switch that frees evaluation, and not training, of its batch.

    Or else, where evaluation raises without one, the first with which it does not.
    """
    layer = copied(subject.layer)
    told = subject.way.argument and isinstance(subject.way.train, bool)
    before = _depends(subject, False)
    if told or tell_mode(layer, True) or before is False:
        return subject
    ways = [replace(subject, way=way) for way in _switches(layer, subject.way)]
    after = [(one, _depends(one, False)) for one in ways if _depends(one, True)]
    free = [one for one, depends in after if depends is False]
    mended = [one for one, depends in after if before is None and depends is not None]
    return [*free, *mended, subject][0]


def _switches(layer: Any, way: Way) -> Iterator[Way]:
    """Arguments and attributes that are True or False, or a word for training."""
    parameters = inspect.signature(getattr(layer, way.method)).parameters
    arguments = {name: p.default for name, p in parameters.items()}
    for place, values in (("argument", arguments), ("attribute", attributes(layer))):
        for name, value in values.items():
            if isinstance(value, bool):
                yield Way(way.method, train=value, evaluate=not value, **{place: name})
            elif isinstance(value, str) and value == words.train_text(value):
                for text in words.EVALUATION:
                    for word in (text, text.upper(), text.capitalize()):
                        yield Way(way.method, train=value, evaluate=word, **{place: name})


def _depends(subject: Subject, training: bool) -> bool | None:
    """As `depends`; None where the layer raises."""
    try:
        return depends(subject, training, training)
    except Exception:
        return None
