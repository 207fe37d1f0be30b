"""Waiting for what is to come, however slow or busy the machine."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 900.0  # seconds, after which something hangs and is not slow


def wait_until(true: Callable[[], object], what: str) -> None:
    """Return as soon as it is true; fail, and say what did not come, where that takes for ever."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(0.02)
