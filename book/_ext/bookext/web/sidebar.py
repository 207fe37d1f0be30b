"""The list of chapters by parts, of which the one that is read stands open."""

import re

_PART = re.compile(
    r'<p aria-level="2" class="caption" role="heading">(?P<title>.*?)</p>\s*'
    r'(?P<lists>(?:<ul class="[^"]*">.*?</ul>\s*)+)',
    re.DOTALL,
)
_CURRENT = re.compile(r'<ul class="[^"]*\bcurrent\b')
_FIRST = 2  # parts that are open on a page which belongs to none


def folded(html: str) -> str:
    """The page with the parts of its sidebar as folds; a page without them stays as it is."""
    parts = list(_PART.finditer(html))
    here = [part for part in parts if _CURRENT.search(part["lists"])] or parts[:_FIRST]
    unfolded = {part.start() for part in here}

    def fold(part: re.Match[str]) -> str:
        state = " open" if part.start() in unfolded else ""
        summary = f'<summary class="caption">{part["title"]}</summary>'
        return f'<details class="bn-part"{state}>{summary}{part["lists"]}</details>'

    return _PART.sub(fold, html)
