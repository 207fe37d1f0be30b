"""Numbers and their signs."""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup

from tests.book.tiny_book import chapter, make_book

PAGE = chapter('from myst_nb import glue\nglue("x-share", "88.7", display=False)') + (
    "\nIt is {glue:text}`x-share` % here, 5 % there, and `7 % 3` in code; x % y is no share.\n"
)


def test_a_percent_sign_stays_with_its_number(tmp_path: Path) -> None:
    book = make_book(tmp_path, {"one.md": PAGE})
    done = book.build()
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup((book.build_folder / "html/one.html").read_text("utf-8"), "html.parser")
    (paragraph,) = [p for p in page.find_all("p") if "It is" in p.get_text()]
    assert paragraph.get_text() == (
        "It is 88.7\xa0% here, 5\xa0% there, and 7 % 3 in code; x % y is no share."
    )
