"""What a reader sets by the environment: how long experiments run, and whether they are live."""

from __future__ import annotations

import os

VARIABLE = "BNUTILS_EFFORT"


def effort() -> int:
    """The factor by which experiments may be longer than usual: BNUTILS_EFFORT, by default 1.

    Raises: ValueError where the variable is not a whole number of at least 1.
    """
    text = os.environ.get(VARIABLE, "").strip() or "1"
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(
            f"{VARIABLE} is {text!r}; expected a whole number of at least 1, "
            f"as in {VARIABLE}=10 for ten times the usual work, or leave it unset"
        )
    return int(text)


def is_live() -> bool:
    """Whether a reader sits at the kernel: always, unless BNUTILS_LIVE is 0, as in builds."""
    return os.environ.get("BNUTILS_LIVE", "1") != "0"
