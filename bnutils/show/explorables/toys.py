"""The toys of the page and its random numbers: the same points, weights and batches by a seed.

What ``js/toys.js`` and ``js/random.js`` make, for pictures where no script runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

NOISE = 0.06
WORD = 0xFFFFFFFF  # of 32 bits
Point = tuple[float, float, int]


def uniforms(seed: int) -> Iterator[float]:
    """Uniform numbers in [0, 1); mulberry32, 32 bits of state."""
    state = seed & WORD
    while True:
        state = (state + 0x6D2B79F5) & WORD
        t = (state ^ (state >> 15)) * (1 | state) & WORD
        t ^= (t + ((t ^ (t >> 7)) * (61 | t) & WORD)) & WORD
        yield (t ^ (t >> 14)) / 2**32


def normals(seed: int) -> Iterator[float]:
    """Numbers of the standard normal distribution (Box and Muller)."""
    uniform = uniforms(seed)
    while True:
        radius = np.sqrt(-2 * np.log(1 - next(uniform)))
        yield float(radius * np.cos(2 * np.pi * next(uniform)))


def batches(n: int, size: int, seed: int) -> Iterator[list[int]]:
    """Batches of ``size`` of n samples, in a new random order (Fisher and Yates) for each pass."""
    uniform = uniforms(seed)
    while True:
        order = list(range(n))
        for last in range(n - 1, 0, -1):
            other = int(next(uniform) * (last + 1))
            order[last], order[other] = order[other], order[last]
        for first in range(0, n - size + 1, size):
            yield order[first : first + size]


def _circles(index: int, uniform: Iterator[float]) -> Point:
    label, angle = index % 2, 2 * np.pi * next(uniform)
    radius = 0.75 if label else 0.35 * np.sqrt(next(uniform))
    return radius * np.cos(angle), radius * np.sin(angle), label


def _quarters(index: int, uniform: Iterator[float]) -> Point:
    x, y = 0.12 + 0.8 * next(uniform), 0.12 + 0.8 * next(uniform)
    right, up = index % 2, index // 2 % 2
    return x if right else -x, y if up else -y, right ^ up


def _spirals(index: int, uniform: Iterator[float]) -> Point:
    label, along = index % 3, next(uniform)
    angle, radius = 3.4 * along + 2 * np.pi * label / 3, 0.1 + 0.8 * along
    return radius * np.cos(angle), radius * np.sin(angle), label


def _moons(index: int, uniform: Iterator[float]) -> Point:
    label, angle = index % 2, np.pi * next(uniform)
    x, y = 0.55 * np.cos(angle), 0.55 * np.sin(angle)
    return (x + 0.25, 0.2 - y, 1) if label else (x - 0.25, y - 0.2, 0)


SHAPES: dict[str, Callable[[int, Iterator[float]], Point]] = {
    "circles": _circles, "quarters": _quarters, "spirals": _spirals, "moons": _moons,
}  # fmt: skip


def toy(name: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points [count, 2] of a toy and their classes [count]; raises KeyError for another name."""
    uniform, normal = uniforms(seed), normals(seed + 1)
    points, labels = np.empty((count, 2)), np.empty(count, dtype=np.int64)
    for index in range(count):
        x, y, labels[index] = SHAPES[name](index, uniform)
        points[index] = x + NOISE * next(normal), y + NOISE * next(normal)
    return points, labels
