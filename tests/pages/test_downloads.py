"""What the pages of the whole book offer to take away: the data of figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from bs4 import Tag

from tests.pages.built_book import Built, kept_build

pytestmark = pytest.mark.slow

# Diagrams, and pictures of samples: their pixels are the data set itself.
WITHOUT_DATA = {
    "fig-bwd-graph", "fig-concept-flow", "fig-data-samples", "fig-rel-sets", "fig-shift-images",
    "fig-wp-which",
}  # fmt: skip
NUMBERS = {"x", "x_low", "x_high", "y", "y_low", "y_high", "value"}
WORDS = {"panel", "series", "kind", "x_label", "x_name", "y_label", "y_name"}
MOST_ROWS = 5000


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


def target(book: Built, page: str, link: Tag) -> Path:
    """The file that a link of a page leads to."""
    return (book.html / f"{page}.html").parent / str(link["href"])


def test_every_figure_with_data_has_them_as_a_table(book: Built) -> None:
    without = set()
    for page in book.chapters:
        for figure in book.soup(page).select("article.bd-article div.cell_output figure"):
            name, link = str(figure["id"]), figure.select_one("figcaption a.figure-data")
            if link is None:
                without.add(name)
                continue
            assert link.get_text() in str(link["aria-label"])
            table = pd.read_csv(target(book, page, link))
            assert 0 < len(table) < MOST_ROWS, name
            assert set(table.columns) <= NUMBERS | WORDS, name
            numbers = table[list(NUMBERS & set(table.columns))]
            assert numbers.notna().any(axis=1).all(), name
            assert all(pd.api.types.is_numeric_dtype(numbers[each]) for each in numbers), name
            assert not table["series"].isna().any(), name
    assert without == WITHOUT_DATA


def test_every_figure_is_there_by_its_label(book: Built) -> None:
    labels = {
        str(figure["id"])
        for page in book.chapters
        for figure in book.soup(page).select("article.bd-article div.cell_output figure")
    }
    for suffix in ("svg", "png"):
        assert {path.stem for path in (book.html / "_static/figures").glob(f"*.{suffix}")} == labels


def test_what_the_book_shows_how_to_cite_is_there(book: Built) -> None:
    words = book.soup("book/cite").select("div.bn-cite, .bn-cite pre, pre.bn-cite")
    addresses = [word for each in words for word in each.get_text().split() if "#" in word]
    assert len(set(addresses)) == 2
    files = re.findall(r"_static/\S+\.\w+", book.soup("book/cite").get_text(" "))
    assert len(files) == 2 and all((book.html / name).is_file() for name in files)
    for address in addresses:
        page, _, anchor = address.partition("/book/")[2].partition(".html#")
        assert book.soup(f"book/{page}").find(id=anchor), address
    claims = json.loads((book.html / "claims.json").read_text("utf-8"))
    assert any(address.endswith(claim["link"]) for claim in claims for address in addresses)
