"""Ladders of learning rates, which grow until their best rate is inside."""

from __future__ import annotations

MOST_LONGER = 8  # rates by which a ladder grows to have its best inside


def grow(ladder: list[float], best: float) -> bool:
    """Put a rate beside the ``best`` one, where that is an end of the ladder; whether it was."""
    if len(ladder) < 2 or ladder[0] <= 0:
        return False
    if best == ladder[0]:
        ladder.insert(0, float(f"{best**2 / ladder[1]:.2g}"))
    elif best == ladder[-1]:
        ladder.append(float(f"{best**2 / ladder[-2]:.2g}"))
    else:
        return False
    return True
