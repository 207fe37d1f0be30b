"""Claims come out of the chapters onto the scoreboard, and stop a build that relies on them."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag

from bnutils.evidence.claims import CLAIM_MIME, Claim
from book._ext.bookext.evidence import claim_outputs
from tests.book.tiny_book import ROOT, Book, chapter, make_book
from tests.evidence.made import made_ratio
from tools.register import registered

BIB = """@article{rosenblatt1958,
  author = {Rosenblatt, Frank}, title = {The perceptron}, journal = {Review}, year = {1958}}
"""
BOARD = """# Scoreboard

```{scoreboard} tally
```

```{scoreboard} picture
```

```{scoreboard}
```

```{scoreboard} judged
```
"""
LIST = "# Bibliography\n\n```{bibliography}\n:style: authoryear\n```\n"
DAY = date(2026, 11, 1)
FEWER, AROUND, MORE = made_ratio(0.43, 1.2), made_ratio(1.0, 1.2), made_ratio(1.4, 1.1)


def claim(name: str = "fewer-updates", **changes: Any) -> Claim:
    settings: dict[str, Any] = {
        "statement": "It needs < half the updates & no luck.", "source": "rosenblatt1958",
        "quantity": "updates, with / without", "evidence": FEWER, "direction": "below",
        "reference": 1, "setting": "4-2-1, batch 3", "data": "digits", "seconds": 3.2,
        "paper": "a third (on paper)",
    }  # fmt: skip
    return Claim(name=name, **{**settings, **changes})


def executed(*claims: Claim) -> str:
    """A notebook whose cells have shown the claims."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": "# A chapter"}
    ]
    for number, shown in enumerate(claims, 1):
        output = {
            "output_type": "execute_result", "execution_count": number, "metadata": {},
            "data": shown._repr_mimebundle_(),
        }  # fmt: skip
        cells.append(
            {"cell_type": "code", "execution_count": number, "metadata": {}, "source": "claim",
             "outputs": [output]}
        )  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": cells})


def book_of(folder: Path, pages: dict[str, str], mode: str = "off") -> Book:
    """A book with a bibliography and a scoreboard, which comes before the claims."""
    book = make_book(folder, {"deep/board.md": BOARD, **pages, "bibliography.md": LIST}, mode)
    conf = (folder / "conf.py").read_text()
    book.write(
        "conf.py",
        conf + 'extensions += ["bookext.evidence.claims", "bookext.pages.bibliography"]\n'
        'bibtex_bibfiles = ["references.bib"]\nbibtex_reference_style = "author_year"\n',
    )
    book.write("references.bib", BIB)
    return book


def built(book: Book) -> list[dict[str, Any]]:
    """The claims that a clean build writes."""
    done = book.build()
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads((book.build_folder / "html/claims.json").read_text())
    return found


def soup(book: Book, page: str) -> BeautifulSoup:
    return BeautifulSoup((book.build_folder / "html" / f"{page}.html").read_text(), "html.parser")


def lines(book: Book) -> list[str]:
    """The lines of the scoreboard, without what they unfold to."""
    found = soup(book, "deep/board").select(".bn-lines > details.bn-line > summary")
    return [summary.get_text() for summary in found]


def attribute(tag: Tag | None, name: str) -> str:
    assert tag is not None
    return str(tag[name])


def test_a_claim_reaches_file_card_and_scoreboard(tmp_path: Path) -> None:
    stated = claim()
    book = book_of(tmp_path, {"one.ipynb": executed(stated)})
    (found,) = built(book)
    assert found == {
        **json.loads(json.dumps(stated.to_dict())),
        "page": "one", "anchor": "claim-fewer-updates", "link": "one.html#claim-fewer-updates",
        "dataset": "digits", "kind": "", "why": "", "registered": "", "headline": False,
        "first": "",
    }  # fmt: skip
    assert lines(book) == [f"✓ It needs < half the updates & no luck. {stated.short}"]
    page = soup(book, "deep/board")
    assert "Tested on digits. 1 finding: 1 supported." in page.get_text()
    assert "1 of the 1 decided findings pass a false-discovery rate" in page.get_text()
    line = page.select_one("details.bn-line")
    assert line and [term.get_text(": ") for term in line.select("dl > div")] == [
        "Measured: updates, with / without", "Claimed: below 1", "Source: Rosenblatt, 1958",
        "In the source: a third (on paper)",
    ]  # fmt: skip
    assert attribute(line.select_one("p a"), "href") == "../one.html#claim-fewer-updates"
    card = soup(book, "one").select_one("article#claim-fewer-updates")
    for link, where in ((line.select_one("dd a"), "deep"), (card and card.select_one("dd a"), ".")):
        address, _, anchor = attribute(link, "href").partition("#")
        assert (tmp_path / where / address).resolve() == tmp_path / "bibliography.html"
        assert soup(book, "bibliography").find(id=anchor)
    assert card and "Rosenblatt, 1958" in card.get_text()


def test_a_book_without_claims_says_so(tmp_path: Path) -> None:
    book = book_of(tmp_path, {"one.ipynb": executed()})
    assert built(book) == []
    assert "No chapter states a claim yet." in soup(book, "deep/board").get_text()


def test_claims_stand_in_the_order_of_the_book_and_sorted_in_the_file(tmp_path: Path) -> None:
    first = claim("z", statement="First.", source="this book", paper="")
    second = claim("a", statement="Second.", evidence=AROUND)
    third = claim("m", statement="Third.", evidence=MORE)
    book = book_of(tmp_path, {"two.ipynb": executed(first, second), "one.ipynb": executed(third)})
    assert [found["name"] for found in built(book)] == ["a", "m", "z"]
    assert [line.split(".")[0] for line in lines(book)] == ["✓ First", "? Second", "✗ Third"]
    text = soup(book, "deep/board").get_text()
    assert "3 findings: 1 supported, 1 contradicted, 1 undecided." in text


def test_a_page_shows_one_card_and_lines(tmp_path: Path) -> None:
    """The first finding, unless another is a headline; of checks that they were checked."""
    first = [claim("sure", check=True), claim("a"), claim("b", evidence=MORE)]
    second = [claim("c"), claim("d", seeds=range(8)), claim("e", check=True, statement="It adds.")]
    book = book_of(tmp_path, {"one.ipynb": executed(*first), "two.ipynb": executed(*second)})
    text = registered("", [each.to_dict() for each in [*first, *second]], {}, [], DAY)
    book.write("book/claims.toml", text.replace("[d]\n", "[d]\nheadline = true\n"))
    built(book)
    for page, in_full, folded in (("one", "a", ["sure", "b"]), ("two", "d", ["c", "e"])):
        body = soup(book, page)
        assert not body.select("article style, details style"), "a search would mark its words"
        cards = {attribute(card, "id").removeprefix("claim-"): card
                 for card in body.select("article.bn-claim")}  # fmt: skip
        assert [name for name, card in cards.items() if not card.find_parent("details")] == [
            in_full
        ]
        assert {name for name, card in cards.items() if card.find_parent("details")} == {*folded}
        for card in cards.values():
            assert attribute(card.select_one("a.bn-copy"), "href") == f"#{card['id']}"
    assert "✓ Checked: It adds." in [
        summary.get_text() for summary in soup(book, "two").select("details.check > summary")
    ]
    assert ".bn-claim{" in (book.build_folder / "html/_static/cards.css").read_text()


def test_how_many_hold_and_all_in_one_picture(tmp_path: Path) -> None:
    """Elsewhere than on the scoreboard, to which they lead; nobody counts by hand."""
    claims = [claim("a"), claim("b", evidence=AROUND), claim("c", check=True)]
    pages = {"one.ipynb": executed(*claims), "two.ipynb": executed(claim("d", evidence=MORE))}
    words = "# First\n\n```{scoreboard} tally\n```\n\n```{scoreboard} picture\n```\n"
    book = book_of(tmp_path, {"first.md": words, **pages})
    built(book)
    page = soup(book, "first")
    line = page.select_one("p.bn-tally")
    assert line and line.get_text() == (
        "4 claims tested: 1 hold, 1 fail, 0 too small to matter, 1 open; 1 check. See them all"
    )
    assert attribute(line.a, "href") == "deep/board.html"
    marks = page.select("figure.bn-picture.small svg a")
    assert {str(mark["href"]) for mark in marks} == {
        "one.html#claim-a", "one.html#claim-b", "two.html#claim-d",
    }  # fmt: skip
    assert not page.select("details.bn-line")
    book.write("two.ipynb", executed(claim("d")))
    built(book)
    tally = soup(book, "first").select_one("p.bn-tally")
    assert tally and "2 hold, 0 fail" in tally.get_text()


def test_the_scoreboard_follows_each_page(tmp_path: Path) -> None:
    pages = {"one.ipynb": executed(claim()), "two.ipynb": executed(claim("other"))}
    book = book_of(tmp_path, pages)
    built(book)
    board = tmp_path / "_build/html/deep/board.html"
    before = board.stat().st_mtime_ns
    built(book)
    assert board.stat().st_mtime_ns == before, "written again though nothing has changed"
    book.write("two.ipynb", executed(claim("other", evidence=MORE)))
    assert [found["verdict"] for found in built(book)] == ["supported", "contradicted"]
    assert [line[0] for line in lines(book)] == ["✓", "✗"]
    (tmp_path / "two.ipynb").unlink()
    index = (tmp_path / "index.md").read_text()
    book.write("index.md", index.replace("two\n", ""))
    assert [found["name"] for found in built(book)] == ["fewer-updates"]
    assert len(lines(book)) == 1


def test_unknown_sources_and_repeated_names_fail(tmp_path: Path) -> None:
    pages = {
        "one.ipynb": executed(claim("twice"), claim("lost", source="nobody1900")),
        "two.ipynb": executed(claim("twice")),
    }
    book = book_of(tmp_path, pages)
    for _ in range(2):  # the second build must not pass because nothing changed
        done = book.build()
        assert done.returncode != 0
        assert (
            "the source 'nobody1900' of claim 'lost' is no key of the bibliography, "
            "nor 'this book'" in done.stderr
        )
        assert "the claim 'twice' is stated by one and two" in done.stderr
        assert "unknown output mime type" not in done.stderr


def test_a_false_claim_stops_the_build_with_mnist_alone(tmp_path: Path) -> None:
    wrong = claim(evidence=MORE, relied_on=True, data="mnist")
    others = [
        claim("discussed", evidence=MORE, data="mnist"),
        claim("open", evidence=AROUND, relied_on=True, data="mnist"),
    ]
    book = book_of(tmp_path, {"one.ipynb": executed(wrong, *others)})
    for _ in range(2):  # the second build must not pass because nothing changed
        done = book.build()
        assert done.returncode != 0
        assert "one.ipynb:" in done.stderr
        assert "claim 'fewer-updates' is contradicted with mnist" in done.stderr
        assert "claimed: updates, with / without below 1" in done.stderr
        assert "found: 1.40 (95\xa0% interval 1.27 to 1.54, n\xa0=\xa08)" in done.stderr
        assert "'discussed'" not in done.stderr and "'open'" not in done.stderr
        assert "Traceback" not in done.stderr
    book.write("one.ipynb", executed(claim(evidence=MORE, relied_on=True), *others))
    assert {found["name"] for found in built(book)} == {"discussed", "fewer-updates", "open"}


NOTEBOOKS = """
extensions += ["bookext.pages.notebooks"]
html_baseurl = "https://example.org/"

def setup(app):
    app.add_config_value("book_macros", {}, "html", dict)
"""


def test_claims_of_cached_chapters_stay_and_reach_their_notebook(tmp_path: Path) -> None:
    imports = (
        "from bnutils.evidence.claims import Claim\n"
        "from bnutils.evidence.intervals import Interval\n"
    )
    page = chapter(*(f"{imports}{claim(name)!r}" for name in "abc"))
    book = book_of(tmp_path, {"one.md": page}, "cache")
    book.write("conf.py", (tmp_path / "conf.py").read_text() + NOTEBOOKS)
    (book.build_folder / "html/_sources").mkdir(parents=True)  # as the theme of the book does
    shutil.copytree(ROOT / "bnutils/evidence", tmp_path / "bnutils/evidence")
    first = built(book)
    assert [found["name"] for found in first] == ["a", "b", "c"]
    notebook = nbformat.read(book.build_folder / "html/_sources/one.ipynb", 4)
    _, _, words, *cells = notebook.cells
    assert words.source == "Some words.", "the drawing of the page has no place there"
    for cell, name in zip(cells, "abc", strict=True):
        card = cell.outputs[0]["data"]["text/markdown"]
        assert f"name='{name}'" in cell.source and "**✓ Supported.**" in card
        assert "[Rosenblatt, 1958](https://example.org/bibliography.html#" in card
    book.write("one.md", page.replace("Some words", "Other words"))
    assert built(book) == first
    shutil.rmtree(tmp_path / "_build" / ".doctrees")
    (tmp_path / "_build/html/claims.json").unlink()
    assert built(book) == first
    assert "Other words" in soup(book, "one").get_text()


def test_both_sides_name_the_type_alike() -> None:
    assert claim_outputs.MIME == CLAIM_MIME
