"""The Markdown of notebooks means what the page says, and what it cannot say stops a build."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt

from tests.book.tiny_book import Book, chapter, make_book

CONF = """
extensions += ["bookext.pages.notebooks", "sphinx_exercise", "sphinx_design"]
html_baseurl = "https://example.org/"
bibtex_bibfiles = ["empty.bib"]
myst_enable_extensions = ["colon_fence", "dollarmath"]

def setup(app):
    app.add_config_value("book_macros", {"E": r"\\mathbb{E}"}, "html", dict)
"""
WORDS = r"""
Prices of \$5 to \$6, 5 < 6 & 7, a\_b\_c, \~\~x\~\~, \[a](b), \`c\`, \<b\>, \*d\* and \&lt;.

\- no list

12\. no list either

\#\# no heading

> Two paragraphs,
>
> - and `` a ` b ``, *x* and **y**

| number | sign |
|---:|---|
| 1.00 | `x` |
| 2.50 | \| |

3. three
4. four

   - inner, and code:

     ```python
     a = "* $ <"


     b = 1
     ```

   last
"""
FORMULA = r"The mean $\E x$ of $\Epsilon$."
SHAPE = "p, li, ol, ul, blockquote, pre, code, em, strong, td, th, h1, h2"
FOOTNOTE = "A word.[^1]\n\n[^1]: A note.\n"
FOLDED = """:::{dropdown} Why `x` holds
Let $x > 0$.

```python
x = 1
```

| a | b |
|---|---|
| 1 | 2 |
:::
"""
EXERCISE = """```{exercise-start}
:label: ex
```

```{code-cell} python
1
```

```{exercise-end}
```
"""


def book_of(folder: Path, text: str) -> Book:
    formula = chapter("1").replace("Some words.", FORMULA)
    book = make_book(folder, {"a.md": chapter("1").replace("Some words.", text), "b.md": formula})
    book.write("conf.py", (folder / "conf.py").read_text() + CONF)
    book.write("empty.bib", "")
    (book.build_folder / "html/_sources").mkdir(parents=True)  # as the theme of the book does
    return book


def text_of(book: Book, page: str) -> str:
    """The Markdown of a page's notebook."""
    found = nbformat.read(book.build_folder / f"html/_sources/{page}.ipynb", 4)
    assert [cell.cell_type for cell in found.cells[1:3]] == ["code", "markdown"]
    return "\n\n".join(cell.source for cell in found.cells[2:] if cell.cell_type == "markdown")


def shape(soup: Tag) -> list[tuple[str, str]]:
    """The elements of a text with their words, without spaces."""
    for inner in soup.select("li > p, td > p, th > p, pre > code"):
        inner.unwrap()  # Sphinx has the paragraphs, markdown-it the code
    return [(tag.name, "".join(tag.get_text().split())) for tag in soup.select(SHAPE)]


def test_common_markdown_reads_what_the_page_shows(tmp_path: Path) -> None:
    book = book_of(tmp_path, WORDS)
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    text = text_of(book, "a")
    html = MarkdownIt("commonmark").enable("table").render(text)
    page = BeautifulSoup((book.build_folder / "html/a.html").read_text(), "html.parser")
    body = page.select_one("div.body section")
    assert body is not None
    for other in body.select("div.cell, h1"):
        other.decompose()
    assert shape(BeautifulSoup(html, "html.parser")) == shape(body)
    assert '<ol start="3">' in html and "\n\n\n     b = 1" in text
    # The commands of the book are written out.
    assert text_of(book, "b") == r"The mean ${\mathbb{E}} x$ of $\Epsilon$."


def test_what_a_page_folds_is_folded_in_its_notebook(tmp_path: Path) -> None:
    book = book_of(tmp_path, FOLDED)
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    html = MarkdownIt("commonmark").enable("table").render(text_of(book, "a"))
    (fold,) = BeautifulSoup(html, "html.parser").select("details")
    (title,) = fold.select("summary")
    assert title.get_text() == "Why x holds"
    assert [tag.name for tag in fold.find_all(True, recursive=False)] == [
        "summary", "p", "pre", "table"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("H{sub}`2`O", "<sub>"),
        (FOOTNOTE, "<aside>"),
        (EXERCISE, "a cell of code lies in a list, a quote or a table"),
    ],
)
def test_what_has_no_markdown_stops_every_build(tmp_path: Path, text: str, message: str) -> None:
    book = book_of(tmp_path, text)
    for _ in range(2 if text == FOOTNOTE else 1):
        done = book.build()
        assert done.returncode == 1
        assert "The notebook of a cannot be written" in done.stderr and message in done.stderr
        assert "Traceback" not in done.stderr
        assert not (book.build_folder / "html/_sources/a.ipynb").exists()
