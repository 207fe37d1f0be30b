"""Interactive figures: a widget in a notebook, the same module in a page without a kernel."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from io import BytesIO
from typing import Any, ClassVar

import anywidget
from matplotlib.figure import Figure
from PIL import Image

from bnutils.show.explorables.bundle import FOLDER, bundle

OF_EVERY_WIDGET = frozenset({"layout", "tabbable", "tooltip"})
SHADES = 96  # of a still picture


class Explorable(anywidget.AnyWidget):
    """A figure that responds; its values are traits, to be read and set from Python.

    A subclass names its JavaScript ``module`` and draws a ``still`` picture for where no script
    runs; ``alt`` says in words what the picture shows. Traits with ``sync=True`` are the state.
    """

    module: ClassVar[str]
    alt: ClassVar[str]
    _css = (FOLDER / "explorables.css").read_text(encoding="utf-8")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if "module" in cls.__dict__:  # a widget makes subclasses of its own class too
            cls._esm = bundle(cls.module)
        super().__init_subclass__(**kwargs)

    def still(self) -> Figure:
        """The figure as it starts, drawn by Matplotlib."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """The values of the traits, as JSON has them."""
        names = [name for name in self.keys if not name.startswith("_")]
        state: dict[str, Any] = self.get_state([n for n in names if n not in OF_EVERY_WIDGET])
        return state

    def html(self, picture: bytes) -> str:
        """The figure for a page without a kernel: its state, and the picture until it starts."""
        state = json.dumps(self.state(), separators=(",", ":"), allow_nan=False)
        # In a script element only the end tag of a script has to be kept from being read.
        inert = state.replace("<", "\\u003c")
        source = f"data:image/png;base64,{b64encode(picture).decode()}"
        return (
            f'<div class="bn-explorable" data-module="{self.module}">'
            f'<img class="bn-still" src="{source}" alt="{escape(self.alt)}">'
            f'<script type="application/json">{inert}</script></div>'
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = super()._repr_mimebundle_(**kwargs)
        data, metadata = shown if shown is not None else ({}, {})
        picture = png(self.still())
        stills = {"image/png": b64encode(picture).decode(), "text/html": self.html(picture)}
        return {**data, **stills, "text/plain": self.alt}, dict(metadata)


def png(figure: Figure) -> bytes:
    """The picture of a figure that is shown nowhere else, in few colours, which keeps it small."""
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=110, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(SHADES).save(small, format="png", optimize=True)
    return small.getvalue()
