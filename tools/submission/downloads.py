"""Files that the outputs of cells carry for readers of the book."""

from __future__ import annotations

import re

_LINK = re.compile(r'<p><a download="[^"]*" href="data:text/csv[^"]*">[^<]*</a></p>')


def without_downloads(html: str) -> str:
    """Drop links to tables inside the page: whoever runs the notebook has the tables themselves."""
    return _LINK.sub("", html)
