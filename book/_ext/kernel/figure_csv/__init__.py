"""An IPython extension: a figure's data as one more of its representations, `text/csv`."""

from typing import Any

from IPython.core.formatters import BaseFormatter
from traitlets import ObjectName, Unicode

MIME = "text/csv"


class CsvFormatter(BaseFormatter):
    """Gives an object as a table, where there is one for its type."""

    format_type = Unicode(MIME)
    print_method = ObjectName("_repr_csv_")


def csv_of(figure: Any) -> str | None:
    """The data of a figure, None where it shows none."""
    from .table import table  # which needs Matplotlib, and so does who has a figure

    return table(figure)


def load_ipython_extension(shell: Any) -> None:
    """Register the representation in the session of a kernel."""
    formatter: Any = CsvFormatter(parent=shell.display_formatter)
    # Each change of a session's graphics format drops what is registered for `Figure` itself.
    formatter.for_type_by_name("matplotlib.figure", "FigureBase", csv_of)
    shell.display_formatter.register_formatter(formatter)
