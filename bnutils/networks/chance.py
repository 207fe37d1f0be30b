"""Sources of chance that anyone may draw from: those of torch, of NumPy and of Python."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


@contextmanager
def chance(seed: int) -> Iterator[None]:
    """Start all three from ``seed``, and let them go on afterwards as if nothing had happened."""
    numpys, pythons = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=()):
        # That of the processor alone, which is faster than setting those of all devices.
        torch.default_generator.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpys)
            random.setstate(pythons)


def chance_state() -> tuple[Any, ...]:
    """What the next draws depend on; equal to that before as long as nothing was drawn."""
    _, words, *rest = np.random.get_state(legacy=True)
    torchs = torch.default_generator.get_state().numpy().tobytes()
    return torchs, np.asarray(words).tobytes(), *rest, random.getstate()
