"""Intervals for ears: what a browser tells of them, and what everybody else reads once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from playwright.sync_api import Page

from book._ext.bookext.evidence.spoken import in_html, marked
from tests import ROOT
from tests.book.tiny_book import chapter, make_book
from tests.evidence.made import made, made_ratio


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{made(1.13, 0.28):+.2f} points", ["plus 1.13, from 0.85 to 1.41"]),
        (f"{made(-0.5, 0.9):.1f}", ["minus 0.5, from minus 1.4 to 0.4"]),
        (f"×1, {made_ratio(0.3, 1.65):.2f}, n", ["times 0.30, from 0.18 to 0.49"]),
        (f"{made(97, 1):.0f} or {made(8, 3):.0f}", ["97, from 96 to 98", "8, from 5 to 11"]),
        (f"{made(3e-7, 1e-7):.1f}", []),
        ("between 2 ± 1 and [0, 1] lies [12, 13]", []),
    ],
)
def test_intervals_have_words(text: str, said: list[str]) -> None:
    parts = marked(text)
    assert "".join(part.astext() for part in parts) == text
    assert [part["words"] for part in parts if isinstance(part, nodes.Element)] == said


def test_cards_have_words_for_what_they_show_alone() -> None:
    shown = f"{made(1.13, 0.28):.2f}"
    card = f'<p class="bn-line" title="{shown}">Found: <b>{shown}</b> points</p>'
    page = BeautifulSoup(in_html(card), "html.parser")
    assert page.get_text() == f"Found: {shown} points"
    assert page.select_one("p")["title"] == shown  # type: ignore[index]
    assert [e["data-words"] for e in page.select("b [data-words]")] == ["1.13, from 0.85 to 1.41"]


SHOWN = f"{made(71.25, 0.11):.2f}"
PAGE = (
    chapter(f'from myst_nb import glue\nglue("x-number", {SHOWN!r}, display=False)')
    + "\nIt is {glue:text}`x-number` points, not `" + SHOWN + "`.\n"
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = make_book(tmp_path_factory.mktemp("book"), {"one.md": PAGE})
    done = book.build()
    assert done.returncode == 0, done.stderr
    return book.build_folder / "html"


def test_the_text_of_a_page_has_an_interval_once(built: Path) -> None:
    page = BeautifulSoup((built / "one.html").read_text("utf-8"), "html.parser")
    (paragraph,) = [p for p in page.find_all("p") if "It is" in p.get_text()]
    assert paragraph.get_text() == f"It is {SHOWN} points, not {SHOWN}."
    assert len(paragraph.select("[data-words]")) == 1, "none in code"
    terms = re.findall(r"\d+", (built / "searchindex.js").read_text("utf-8"))
    assert {"71", "25"} <= {*terms} and not {"14", "36"} & {*terms}


def test_a_browser_tells_the_words_and_hides_the_signs(built: Path, page: Page) -> None:
    page.goto((built / "one.html").as_uri())
    page.add_style_tag(path=ROOT / "book/_assets/claims.css")
    tree: dict[str, Any] = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    told = [n["name"]["value"] for n in tree["nodes"] if n["role"]["value"] == "StaticText"]
    assert "71.25, from 71.14 to 71.36" in told
    assert told.count(SHOWN) == 1, "in code, and nowhere else"
