"""Practice: exercises whose mistakes are named, and whole layers that are measured.

``from bnutils.practice import check`` has the exercises, ``check.forward(forward)``;
``from bnutils.practice import diagnose`` measures a layer of yours.
"""

from typing import TYPE_CHECKING

__all__ = ["diagnose"]

if TYPE_CHECKING:
    from bnutils.practice.diagnosis.diagnose import diagnose
else:  # the layer's steps are loaded when they are asked for

    def __getattr__(name):
        if name != "diagnose":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from bnutils.practice.diagnosis.diagnose import diagnose

        return diagnose
