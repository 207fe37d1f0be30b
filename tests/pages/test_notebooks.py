"""The notebook of each chapter: whole without the book, and the same words as its page."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from nbformat import NotebookNode
from playwright.sync_api import Browser, expect

from tests.pages.built_book import Built, kept_build, texts
from tests.project.jupyterlab import TOKEN, jupyterlab
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

EXECUTED = ("book/theory/working-principle", "book/family/relatives", "book/experiments/figure-one")
NEVER = {
    "a role": r"\{[a-z][a-z:+-]*\}`",
    "a directive": r"^\s*(?:`{3,}|:{3,})\s*\{",
    "a label": r"^\([\w-]+\)=$",
    "an option": r"^:\w+:",
    "a command of the book": r"\\(?:E|Var|B)(?![A-Za-z])",
    "what Sphinx calls something": r"document::|pending_xref|system_message|<#text",
    "a comment": r"^%|<!--",
    "what a page shows more of": r"[Ss]how all|show the first",
}
CODE = re.compile(r"^( *)```.*?^ *```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
FOLDED = {"cellView": "form", "_kg_hide-input": True}
MIMES = {"image/png", "image/svg+xml", "text/html", "text/markdown", "text/plain"}


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


@cache
def notebook(book: Built, page: str) -> NotebookNode:
    """What the page offers to download."""
    link = book.soup(page).select_one("a.btn-download-notebook-button[download]")
    assert link is not None, page
    path = (book.html / f"{page}.html").parent / str(link["href"])
    assert path.stat().st_size < 1_000_000, page
    assert str(book.source) not in path.read_text("utf-8"), page
    found: NotebookNode = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    return found


def cells(book: Built, kind: str) -> Iterator[tuple[str, NotebookNode]]:
    for page in book.chapters:
        yield from ((page, c) for c in notebook(book, page).cells if c.cell_type == kind)


def test_they_are_valid_and_begin_with_where_they_come_from(book: Built) -> None:
    assert len(book.chapters) > 30
    for page in book.chapters:
        found = notebook(book, page)
        nbformat.validate(found)
        first, setup = found.cells[:2]
        assert first.source.startswith("# ") and first.source.count("\n#") == 0, page
        assert f"/{page}.html)" in first.source and "data: digits" in first.source
        assert "keeps the numbers of that run" in first.source
        assert '%pip install --quiet "bnutils @ git+https://' in setup.source


def test_nothing_of_myst_is_left(book: Built) -> None:
    found = [
        f"{page}: {what}: {match[0]!r}"
        for page, cell in cells(book, "markdown")
        for what, pattern in NEVER.items()
        for match in re.finditer(pattern, CODE.sub("", cell.source), re.MULTILINE)
    ]
    assert not found


@cache
def rendered(source: str) -> BeautifulSoup:
    """Markdown as GitHub and Jupyter read it, its formulas left out; to be read only."""
    html = MarkdownIt("commonmark").enable("table").render(MATHS.sub("", source))
    return BeautifulSoup(html, "html.parser")


def words(found: Tag, left_out: Iterable[Tag] = ()) -> str:
    """The words of a part, without the spaces, which tags put in other places."""
    return "".join("".join(texts(found, left_out)).split())


def page_parts(book: Built, page: str, selector: str) -> Iterator[str]:
    """Words of parts of a page, without formulas, outputs and the plot of its findings."""
    (article,) = book.soup(page).select("article.bd-article")
    left_out = ".math, .cell, a.headerlink, .figure-data, .toctree-wrapper, .bn-findings"
    others = article.select(left_out)
    inside = {id(tag) for other in others for tag in (other, *other.find_all(True))}
    for part in article.select(selector):
        if id(part) not in inside:
            yield words(part, others)


def test_they_hold_every_sentence_and_every_table_of_their_pages(book: Built) -> None:
    """Numbers, titles of references, citations and captions are among the words."""
    for page in book.chapters:
        soups = [
            rendered(c.source) for c in notebook(book, page).cells if c.cell_type == "markdown"
        ]
        text = "".join(words(soup) for soup in soups)
        for part in page_parts(book, page, PARTS):
            if "sd-" not in part:
                assert part in text, page
        here = [words(cell) for soup in soups for cell in soup.select("th, td")]
        assert here == list(page_parts(book, page, "th, td")), page


def test_links_lead_to_the_site(book: Built) -> None:
    ids = cache(lambda page: set(re.findall(r'\bid="([^"]+)"', (book.html / page).read_text())))
    for page, cell in cells(book, "markdown"):
        for link in rendered(cell.source).select("a[href], img[src]"):
            address = str(link.get("href") or link.get("src"))
            assert address.startswith("https://"), (page, address)
            site, inside, path = address.partition("/batch-normalization-measured/")
            if inside and "github.io" in site:
                target, _, anchor = path.partition("#")
                assert (book.html / target).exists(), (page, address)
                if anchor.startswith("play?"):  # settings of the playground
                    assert target == "book/playground.html", (page, address)
                else:
                    assert not anchor or anchor in ids(target), (page, address)


def test_formulas_keep_their_numbers(book: Built) -> None:
    for page in book.chapters:
        numbers = [tag.get_text()[1:-1] for tag in book.soup(page).select(".eqno")]
        numbers = [re.sub(r"[^\d.]", "", number) for number in numbers]
        text = "\n".join(c.source for c in notebook(book, page).cells if c.cell_type == "markdown")
        assert re.findall(r"\\tag\{([\d.]+)\}", text) == numbers, page
        assert all("\n" not in match for match in re.findall(r"\$\$.*?\$\$", text, re.DOTALL)), page


def test_figures_come_as_pixels_too_with_caption_and_words(book: Built) -> None:
    for page in book.chapters:
        captions = 0
        for number, cell in enumerate(notebook(book, page).cells):
            if cell.cell_type != "code":
                continue
            for output in cell.outputs:
                data: dict[str, Any] = output.get("data", {})
                assert set(data) <= MIMES, (page, set(data))
                if "image/png" not in data:
                    assert "image/svg+xml" not in data, page
                    continue
                below = notebook(book, page).cells[number + 1].source
                alt = output.metadata["image/png"]["alt"]
                if page == "book/evening":  # its cells bring words, its text has the captions
                    assert alt and re.match(r"\*Figures? \d", below), below
                    continue
                assert alt and alt.split()[0] in below and "The figure in words" in below
                captions += below.startswith("**Fig.")
                width = int.from_bytes(base64.b64decode(data["image/png"])[16:20])
                half = output.metadata["image/png"].get("width")
                assert half == (width // 2 if "image/svg+xml" in data else None), page
        figures = book.soup(page).select("article div.cell_output figure")
        assert captions == len({str(figure["id"]) for figure in figures}), page


def test_code_is_folded_where_the_page_folds_it(book: Built) -> None:
    for page in book.chapters:
        code = [c for c in notebook(book, page).cells if c.cell_type == "code"][1:]
        boxes = book.soup(page).select("article.bd-article div.cell")
        assert len(code) == len(boxes), page
        for cell, box in zip(code, boxes, strict=True):
            hidden = any("hide" in name or "remove" in name for name in box["class"])
            folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
            assert folded is (hidden or box.find_parent(class_="solution") is not None), page
            assert folded is cell.source.startswith("# @title "), page
            assert folded is (FOLDED.items() <= cell.metadata.items()), page
            assert "myst_nb" not in cell.source


# The title of an exercise has the same words as that of its solution, which is asked for below.
PARTS = "p:not(.exercise > .admonition-title), h1, h2, h3, figcaption"


def solution_title(exercise: Tag) -> str:
    """What a notebook calls the solution of an exercise on a page."""
    (title,), (number,), (kind,) = [
        exercise.select(name) for name in (".admonition-title", ".caption-number", ".exercise-kind")
    ]
    name, stars = kind.get_text().split()
    return f"Solutionto{words(number)}({stars}{name}:{words(title, [number, kind])})"


def test_solutions_unfold(book: Built) -> None:
    """Each has its title once, before its first text or code, and shows nothing before."""
    for page in book.chapters:
        titles = [solution_title(box) for box in book.soup(page).select("div.exercise")]
        text = "\n".join(c.source for c in notebook(book, page).cells if c.cell_type == "markdown")
        starts = [words(tag) for tag in rendered(text).select("summary, p > strong")]
        starts = [start.removesuffix(":") for start in starts if start.startswith("Solutionto")]
        assert [start for start in starts if not start.endswith(",continued")] == titles, page


@pytest.mark.parametrize("page", EXECUTED)
def test_they_run_from_an_empty_folder(
    book: Built, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"DATASET": "digits", "JOBS": "1", "RUNS": str(book.build_folder / "runs")}
    for name, value in settings.items():
        monkeypatch.setenv(f"BNUTILS_{name}", value)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    published = notebook(book, page)
    client = NotebookClient(nbformat.from_dict(published), timeout=None)  # type: ignore[no-untyped-call]
    ran = client.execute(cwd=str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert os.environ["BNUTILS_JOBS"] == "1"
    for before, after in zip(published.cells, ran.cells, strict=True):
        if before.cell_type == "code":
            assert not any(output.get("name") == "stderr" for output in after.outputs)
            assert printed(after) == printed(before)


def printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def test_jupyterlab_shows_the_numbers_and_folds_the_code(
    book: Built, browser: Browser, tmp_path: Path
) -> None:
    published, files = notebook(book, EXECUTED[0]), tmp_path / "files"
    files.mkdir()
    nbformat.write(published, files / "chapter.ipynb")  # type: ignore[no-untyped-call]
    with jupyterlab(files, tmp_path, plain=True) as address:
        page = browser.new_page(viewport={"width": 1200, "height": 12_000})
        page.goto(f"{address}/lab/tree/chapter.ipynb?token={TOKEN}")
        table = page.locator(".jp-RenderedMarkdown table", has_text="sample 4")
        row = table.locator("tbody tr").first.locator("td").filter(visible=True)
        expect(row).to_contain_text(
            ["", "1.00", "3.00", "5.00", "7.00", "4.00", "2.24"], timeout=1000 * PATIENCE
        )
        folded = sum("jupyter" in cell.metadata for cell in published.cells)
        expect(page.locator(".jp-InputPlaceholder")).to_have_count(folded)
        solution = page.locator("details", has_text="Solution to Exercise 2.1").first
        expect(solution.locator("p").first).to_be_hidden()
        solution.locator("summary").click()
        expect(solution.locator("p").first).to_be_visible()
        expect(page.locator(".jp-OutputArea img").first).to_be_visible()
        page.close()
