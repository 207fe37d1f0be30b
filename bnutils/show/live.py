"""Controls where a kernel is live, a still picture where the page is built."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
from IPython.display import display

from bnutils.sweeps.settings import is_live


def explore(draw: Callable[..., None], **controls: ipywidgets.Widget) -> None:
    """Show ``controls`` with a button that calls ``draw`` with their values.

    In a build ``draw`` is called once, with the values the controls start at. Each control is an
    ipywidget with a ``value``; its name is the keyword that ``draw`` receives.
    """
    if is_live():
        display(ipywidgets.interactive(draw, {"manual": True, "manual_name": "Run"}, **controls))
    else:
        draw(**{name: control.value for name, control in controls.items()})
