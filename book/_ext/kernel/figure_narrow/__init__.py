"""An IPython extension: a figure as a phone shows it, one more of its representations.

Loaded last: it lays the figure out anew, which the others have drawn by then.
"""

from typing import Any

from IPython.core.formatters import BaseFormatter
from traitlets import ObjectName, Unicode

MIME = "application/x-narrow-figure"


class NarrowFormatter(BaseFormatter):
    """Gives an object as SVG for a narrow screen, where there is one for its type."""

    format_type = Unicode(MIME)
    print_method = ObjectName("_repr_narrow_")


def narrow_of(figure: Any) -> str | None:
    """A figure as SVG with its panels one below the other, None where it is narrow anyway."""
    from io import StringIO

    from matplotlib import rc_context

    from .layout import relay

    if not relay(figure):
        return None
    with rc_context({"svg.hashsalt": "narrow"}):  # the same figure gives the same file
        figure.savefig(
            text := StringIO(), format="svg", bbox_inches="tight", metadata={"Date": None}
        )
    return text.getvalue()


def load_ipython_extension(shell: Any) -> None:
    """Register the representation in the session of a kernel."""
    formatter: Any = NarrowFormatter(parent=shell.display_formatter)
    # Each change of a session's graphics format drops what is registered for `Figure` itself.
    formatter.for_type_by_name("matplotlib.figure", "FigureBase", narrow_of)
    shell.display_formatter.register_formatter(formatter)
