"""The list of chapters."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from book._ext.bookext.web.sidebar import folded

PART = """<p aria-level="2" class="caption" role="heading">\
<span class="caption-text">{name}</span></p>
<ul class="nav">
<li class="toctree-l1"><a href="#">without a number</a></li>
</ul>
<ul class="{names}">
<li class="toctree-l1"><a href="#">a chapter of {name}</a></li>
</ul>
"""


@pytest.mark.parametrize(("current", "unfolded"), [("C", "C"), ("", "AB")])
def test_the_part_that_is_read_stands_open(current: str, unfolded: str) -> None:
    parts = [
        PART.format(name=name, names="nav current" if name == current else "nav") for name in "ABCD"
    ]
    html = f'<nav><ul class="nav home"><li>Home</li></ul>{"".join(parts)}</nav>'
    found = BeautifulSoup(folded(html), "html.parser")
    assert folded(folded(html)) == folded(html)
    assert found.get_text(" ", strip=True) == BeautifulSoup(html, "html.parser").get_text(
        " ", strip=True
    )
    folds = found.select("nav > details")
    titles = [fold.select_one("summary").get_text() for fold in folds]  # type: ignore[union-attr]
    assert titles == [*"ABCD"]
    named = zip(titles, folds, strict=True)
    assert "".join(title for title, fold in named if "open" in fold.attrs) == unfolded
    assert [len(fold.select("a")) for fold in folds] == [2] * 4
