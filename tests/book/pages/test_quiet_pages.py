"""What a page shows of its code, and the line under its title, in a small book."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from bs4 import BeautifulSoup, Tag

from bnutils.show.tables import show_table
from tests.book.evidence.test_claims import AROUND, MORE, book_of, claim
from tests.book.tiny_book import PIXEL, Book

CONF = """
extensions += ["bookext.pages.head", "bookext.pages.switch", "bookext.pages.prerequisites",
               "sphinx_design", "sphinx_multitoc_numbering"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
"""
INDEX = """# Book

```{toctree}
:caption: Begin
deep/board
```

```{toctree}
:caption: First things
:numbered:
book/one
```

```{toctree}
:caption: Later things
:numbered:
book/two
book/three
```

```{toctree}
bibliography
```
"""
DATA = (
    "Data: MNIST, 55 000 training, 5 000 validation and 10 000 test images, 28 x 28, "
    "10 classes (BNUTILS_DATASET=mnist)\n"
)
# 400 words that count, a formula, and others that do not.
TWO = f"""---
level: deeper
needs: [one]
---
# Two

{"word " * 396}

## Rest

As $x$ says. The two take {{minutes}}`one, two` minutes.

:::{{dropdown}} A proof
{"word " * 300}
:::

(sec-two-exercises)=
## Exercises

{"word " * 300}
"""
THREE = "---\nlevel: practice\nneeds: [one, two]\n---\n# Three\n\n```{prerequisites}\n```\n"


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def table(length: int) -> dict[str, Any]:
    """What `show_table` displays of so many runs."""
    with patch("bnutils.show.tables.display") as shown:
        show_table(pd.DataFrame({"seed": range(length)}), "runs.csv")
    return display(shown.call_args[0][0])


def cell(source: str, tags: str = "", *outputs: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    metadata = {**metadata, "tags": tags.split()}
    return {"cell_type": "code", "execution_count": 1, "metadata": metadata, "source": source,
            "outputs": list(outputs)}  # fmt: skip


FIGURE = {"image": {"alt": "A line."}, "figure": {"name": "fig-line", "caption": "A line."}}
CELLS = {
    "data": cell("describe()", "setup hide-input", stream(DATA)),
    "words": {"cell_type": "markdown", "metadata": {}, "source": "Some words."},
    "glued": cell("glue('x')", "hide-input"),
    "claims": cell("claim", "hide-input", display(claim("c")._repr_mimebundle_())),
    "runs": cell("show_table()", "hide-input", table(160)),
    "few": cell("few()", "hide-input", table(3)),
    "drawn": cell("draw()", "hide-input", display({"image/png": base64.b64encode(PIXEL).decode()}),
                  mystnb=FIGURE),
    "printed": cell("print()", "hide-input", stream("Printed.")),
    "short": cell("\n".join(f"x = {i}" for i in range(25))),
    "long": cell("\n".join(f"x = {i}" for i in range(26)), "", stream("Long.")),
    "more": cell("more", "hide-input",
                 *(display(claim(n, evidence=e)._repr_mimebundle_())
                   for n, e in {"d": MORE, "e": AROUND, "f": MORE}.items())),
}  # fmt: skip


def notebook(front: dict[str, Any], cells: list[dict[str, Any]]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    title = {"cell_type": "markdown", "metadata": {}, "source": "# One"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": [title, *cells],
                       "metadata": {"kernelspec": kernel, **front}})  # fmt: skip


def small_book(folder: Path, one: dict[str, Any]) -> Book:
    pages = {
        "book/one.ipynb": notebook(one, [*CELLS.values()]),
        "book/two.md": TWO,
        "book/three.md": THREE,
    }
    book = book_of(folder, pages)
    conf = (folder / "conf.py").read_text() + CONF
    book.write("conf.py", conf)
    book.write("index.md", INDEX)
    return book


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    made = small_book(tmp_path_factory.mktemp("book"), {"level": "core", "needs": []})
    done = made.build()
    assert done.returncode == 0, done.stderr
    yield made


def soup(book: Book, page: str) -> BeautifulSoup:
    return BeautifulSoup((book.build_folder / f"html/{page}.html").read_text(), "html.parser")


def cells(book: Book) -> dict[str, Tag]:
    names = [name for name, each in CELLS.items() if each["cell_type"] == "code"]
    return dict(zip(names, soup(book, "book/one").select("div.cell"), strict=True))


def seen(part: Tag) -> str:
    """The words of a part that are seen before a reader asks for more."""
    copy = BeautifulSoup(str(part), "html.parser")
    for other in copy.select(".bn-taken, .headerlink, details > :not(summary)"):
        other.decompose()
    return " ".join(copy.get_text(" ").split())


def test_hidden_code_goes_or_folds(book: Book) -> None:
    found = {name: seen(box) for name, box in cells(book).items()}
    assert found["data"] == found["glued"] == ""
    assert found["claims"].count("It needs < half the updates") == 1
    assert "claim" not in found["more"].split()
    assert found["runs"] == "All 160 runs (CSV)"
    assert "3 rows" in found["few"] and found["few"].endswith("code")
    assert found["drawn"].endswith("A line. code of this figure")
    assert found["printed"] == "Printed. code"
    assert "Show code cell source" not in str(soup(book, "book/one"))


def test_all_of_it_is_still_there(book: Book) -> None:
    for name, box in cells(book).items():
        assert CELLS[name]["source"] in box.get_text(), name


def test_long_listings_fold_and_each_line_can_wrap(book: Book) -> None:
    boxes = cells(book)
    assert not boxes["short"].select("details")
    (summary,) = boxes["long"].select(".bn-long details summary .bn-more")
    assert summary.get_text() == "show all 26 lines"
    for name in ("short", "long"):
        lines = [line.get_text() for line in boxes[name].select(".cell_input .bn-line")]
        assert "".join(lines).strip() == CELLS[name]["source"]
        assert len(lines) == len(CELLS[name]["source"].splitlines())


def test_a_switch_is_where_code_is_hidden(book: Book) -> None:
    assert [label.get_text() for label in soup(book, "book/one").select(".bn-switch label")] == [
        "Show all code"
    ]
    assert not soup(book, "book/two").select(".bn-switch")


def test_a_chapter_says_what_it_takes(book: Book) -> None:
    (head,) = soup(book, "book/one").select(".bn-head")
    items = [item.get_text() for item in head.select("ul > li")]
    # 33 lines of code are seen, and few words.
    assert items == [
        "1 minute", "core", "MNIST: 55\xa0000 training, 5\xa0000 validation, 10\xa0000 test",
    ]  # fmt: skip
    assert head.select("li")[2]["title"] == "BNUTILS_DATASET=mnist"
    assert head.select("summary")[0].get_text() == "4 findings: 1 holds, 2 fail, 1 open"
    assert "BNUTILS" not in head.get_text()
    (head,) = soup(book, "book/two").select(".bn-head")
    assert [item.get_text() for item in head.select("li")] == [
        "2 minutes", "deeper: skip it at first reading", "needs: 1. One",
    ]  # fmt: skip
    assert head.select("a")[0]["href"] == "one.html"
    assert "The two take 3 minutes" in soup(book, "book/two").get_text()
    assert not soup(book, "deep/board").select(".bn-head")


def test_the_map_has_every_chapter_under_its_part(book: Book) -> None:
    (drawn,) = soup(book, "book/three").select(".bn-map > ol")
    parts = drawn.find_all("li", recursive=False)
    assert [part.span.get_text() for part in parts] == ["First things", "Later things"]
    rows = [" ".join(row.get_text().split()) for row in drawn.select("li li")]
    assert rows == ["1. One", "2. Two deeper; needs 1", "3. Three practice; needs 1, 2"]
    assert [link["href"] for link in drawn.select("a")] == [
        "one.html",
        "two.html",
        "",
    ]  # its own page


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ({"level": "easy", "needs": []}, "one.ipynb: the level 'easy' is none of core, deeper"),
        ({"level": "core"}, "one.ipynb: it lacks 'needs'"),
        ({"needs": []}, "one.ipynb: it lacks 'level'"),
        ({"level": "core", "needs": ["four"]}, "one.ipynb: it needs 'four', which is no chapter"),
        ({"level": "core", "needs": "four"}, "one.ipynb: it needs 'four', which is no chapter"),
    ],
)
def test_a_chapter_that_says_it_wrongly_stops_every_build(
    tmp_path: Path, front: dict[str, Any], message: str
) -> None:
    book = small_book(tmp_path, front)
    for _ in range(2):
        done = book.build()
        assert done.returncode == 1
        assert message in done.stderr and "needs: []" in done.stderr
        assert "Traceback" not in done.stderr
