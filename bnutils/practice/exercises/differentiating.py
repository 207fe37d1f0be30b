"""Whether an answer lets a library differentiate: watched while it runs, whatever it is called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PACKAGES = (
    "autograd", "jax._src.interpreters.ad", "scipy.differentiate", "scipy.optimize",
    "tensorflow.python.eager.backprop",
)  # fmt: skip


@contextmanager
def watched() -> Iterator[set[str]]:
    """The names of what differentiates, as it is called.

    All of PyTorch's ways end in few functions written in C: reverse mode in ``run_backward``,
    forward mode in ``_enter_dual_level``, and the gradient of an operation has "backward" in its
    name.
    """
    seen: set[str] = set()
    before = sys.getprofile()

    def note(frame: FrameType, event: str, called: Any) -> None:
        module = frame.f_globals.get("__name__", "") if event == "call" else ""
        name = getattr(called, "__name__", "") if event == "c_call" else ""
        if module == "torch._ops":
            name = str(frame.f_locals.get("self"))
        if "backward" in name or name == "_enter_dual_level" or _is_of(module):
            seen.add(name or module)

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def _is_of(module: str) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in PACKAGES)
