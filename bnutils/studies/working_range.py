"""Over which range of a setting, such as the learning rate, does training work?"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from bnutils.training.curves import EdgeOfGrid

SHARE = 0.9  # of an arm's best, from which on a training works


def works(accuracy: np.ndarray) -> np.ndarray:
    """Which runs of an arm work, as truth values [L, S] for accuracies [L, S] of L settings.

    A run works if it reaches nine tenths of the arm's own best mean over seeds.
    """
    return accuracy >= SHARE * _best(accuracy)


def working_decades(accuracy: np.ndarray, settings: ArrayLike) -> np.ndarray:
    """Over how many powers of ten each run of an arm works, [S].

    ``accuracy`` [L, S] belongs to L rising positive ``settings`` [L]. Around the setting with the
    best mean, a run works up to where its accuracy falls to nine tenths of that mean, on a straight
    line over the logarithm between two settings; a run that does not work there has no range, 0.
    Warns, with EdgeOfGrid, where a run still works at the first or last setting: its range may be
    longer. Raises ValueError for settings that do not rise from above 0.
    """
    low, high = _ends(accuracy, settings)
    return np.asarray(high - low)


def largest_working(accuracy: np.ndarray, settings: ArrayLike) -> np.ndarray:
    """The upper end of the range that `working_decades` measures, [S]: up to where a run works.

    Where a run has no range it is the setting with the best mean. Takes, warns and raises the same,
    but says nothing of the lower end.
    """
    return np.asarray(10 ** _ends(accuracy, settings, lower=False)[1])


def _ends(accuracy: np.ndarray, settings: ArrayLike, *, lower: bool = True) -> np.ndarray:
    """The logarithms of both ends of each run's range, [2, S]; ``lower``: it counts too."""
    logs = np.log10(np.asarray(settings, dtype=np.float64))  # [L]
    if len(logs) != len(accuracy) or not np.isfinite(logs).all() or (np.diff(logs) <= 0).any():
        raise ValueError(
            f"settings are {settings!r}: give {len(accuracy)} positive numbers that rise, one for "
            "each row of accuracies"
        )
    peak = int(accuracy.mean(axis=1).argmax())
    above = accuracy - SHARE * _best(accuracy)  # [L, S]
    parts = (above[peak:], above[: peak + 1])[: 1 + lower]
    if any((part >= 0).all(axis=0).any() for part in parts):
        ends = [float(each) for each in np.asarray(settings)[[0, -1]]]
        words = f"a run works up to the end of the settings tried, {ends[0]:g} to {ends[1]:g}"
        warnings.warn(f"{words}; its range may be longer", EdgeOfGrid, stacklevel=3)
    reach = [
        (-_reach(run[peak::-1], -logs[peak::-1]), _reach(run[peak:], logs[peak:]))
        for run in above.T
    ]
    return np.asarray(logs[peak] + np.array(reach).T)


def _reach(above: np.ndarray, logs: np.ndarray) -> float:
    """How far from the first of some places a line through them stays at 0 or above."""
    below = np.flatnonzero(above < 0)
    if not len(below):
        return float(logs[-1] - logs[0])
    if (i := below[0]) == 0:
        return 0.0
    share = above[i - 1] / (above[i - 1] - above[i])
    return float(logs[i - 1] - logs[0] + share * (logs[i] - logs[i - 1]))


def _best(accuracy: np.ndarray) -> float:
    return float(accuracy.mean(axis=1).max())
