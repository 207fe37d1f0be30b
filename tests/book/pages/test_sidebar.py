"""The side bar's list of pages folds by parts."""

from __future__ import annotations

from bs4 import BeautifulSoup

from book._ext.bookext.pages.sidebar import folded

LIST = """
<p aria-level="2" class="caption" role="heading"><span class="caption-text">First</span></p>
<ul><li><a href="a.html">A</a></li></ul>
<p aria-level="2" class="caption" role="heading"><span class="caption-text">Second</span></p>
<ul><li><a href="b.html">B</a></li></ul>
<ul class="current"><li class="current"><a class="current" href="#">C</a></li></ul>
"""


def test_each_part_folds_and_that_of_the_page_is_open() -> None:
    soup = BeautifulSoup(LIST, "html.parser")
    for _ in range(2):  # the theme asks twice for the same list
        soup = folded(soup)
        assert [part.name for part in soup.find_all(True, recursive=False)] == ["details"] * 2
        found = [
            (
                part.select("summary")[0].get_text(),
                part.has_attr("open"),
                [link["href"] for link in part.select("ul a")],
            )
            for part in soup.select("details")
        ]
        assert found == [("First", False, ["a.html"]), ("Second", True, ["b.html", "#"])]
