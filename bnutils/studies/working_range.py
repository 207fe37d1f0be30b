"""Over which range of a setting, such as the learning rate, does training work?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

SHARE = 0.9  # of the best, from which on a training works


def works(accuracy: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Which runs work, by arm, as truth values [L, S] for accuracies [L, S] of L settings.

    A run works if it reaches nine tenths of the best mean over seeds that any arm has: the
    measure is the same for all arms, so that one which is never good has no wide range.
    """
    best = max(values.mean(axis=1).max() for values in accuracy.values())
    return {arm: values >= SHARE * best for arm, values in accuracy.items()}
