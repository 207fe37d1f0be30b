"""Code on the pages in a browser: quiet until it is asked for, then all there, and never cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browsing import inaccessible, new_page
from tests.pages.built_book import Built, kept_build, texts

pytestmark = pytest.mark.slow

PAGES = ("book/theory/benefits", "book/implementation/from-scratch", "book/evening")
SCREEN = {"viewport": {"width": 1280, "height": 900}}
CUT = """() => [...document.querySelectorAll(".bd-article .cell_input pre")]
    .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map(e => e.textContent.slice(0, 80))"""
# Shows the parts of a page that a reader may ask for, and how often these are seen.
SHOWN = """() => [
  [...document.querySelectorAll(".bn-taken, details.bn-code > .cell_input")],
  [...document.querySelectorAll(".bn-long pre")],
].map(parts => parts.filter(e => e.checkVisibility({ contentVisibilityAuto: true })
    && e.scrollHeight <= e.clientHeight + 1).length)"""
PARTS = ".bn-taken, details.bn-code > .cell_input"
MOVED = """() => new Promise(done => new PerformanceObserver(list =>
    done(list.getEntries().reduce((sum, each) => sum + each.value, 0)))
    .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser, **SCREEN, reduced_motion="reduce") as found:
        yield found


def test_no_page_has_a_bar(book: Built) -> None:
    for name in book.pages:
        assert "Show code cell source" not in (book.html / f"{name}.html").read_text("utf-8"), name


def test_no_line_is_cut(book: Built, served_book: str, page: Page) -> None:
    page.add_init_script("localStorage.setItem('code', 'all')")
    for name in book.chapters:
        page.goto(f"{served_book}/{name}.html")
        assert page.evaluate(CUT) == [], name


@pytest.mark.parametrize("name", PAGES)
def test_the_switch_shows_all_code_on_every_page(served_book: str, page: Page, name: str) -> None:
    page.goto(f"{served_book}/{name}.html")
    switch = page.get_by_role("switch", name="Show all code")
    expect(switch).not_to_be_checked()
    parts = page.locator(PARTS)
    assert parts.count() > 0
    assert page.evaluate(SHOWN)[0] == 0
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    for whole in (page, page.reload() and page):  # it is remembered
        expect(whole.get_by_role("switch")).to_be_checked()
        for part in parts.all():
            expect(part).to_be_visible()
    assert inaccessible(page) == ""
    page.get_by_role("switch").uncheck()
    for part in parts.all():
        expect(part).to_be_hidden()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("code", ["all", ""])
def test_nothing_moves_while_a_page_is_loaded(
    served_book: str, page: Page, name: str, code: str
) -> None:
    """Neither by what is remembered, nor by faces and contents that come later than the text."""
    page.add_init_script(f"localStorage.setItem('code', '{code}')")
    page.goto(f"{served_book}/{name}.html", wait_until="load")
    expect(page.get_by_role("switch")).to_be_checked(checked=bool(code))
    page.evaluate("document.fonts.ready")
    assert page.evaluate(MOVED) < 0.01


def test_links_unfold_code_without_scripts(book: Built, browser: Browser) -> None:
    with new_page(browser, java_script_enabled=False, **SCREEN) as page:
        page.goto((book.html / f"{PAGES[0]}.html").as_uri())
        expect(page.locator(".bn-switch")).to_be_hidden()
        fold = page.locator("details.bn-code").first
        expect(fold.locator("pre")).to_be_hidden()
        fold.locator("summary").press("Enter")
        expect(fold.locator("pre")).to_be_visible()


def test_parts_of_the_side_bar_fold(served_book: str, page: Page) -> None:
    page.goto(f"{served_book}/{PAGES[0]}.html")
    bar = page.locator("#pst-primary-sidebar")
    expect(bar.get_by_role("link", name="The benefits")).to_be_visible()
    other = bar.get_by_role("link", name="Batch size", exact=False).first
    expect(other).to_be_hidden()
    bar.locator("summary", has_text="Experiments").press("Enter")
    expect(other).to_be_visible()


def test_minutes_are_those_of_words_and_lines(book: Built) -> None:
    """Counted in the page as it is seen, without folds, exercises, questions and outputs."""
    heads = 0
    for name in book.chapters:
        (article,) = book.soup(name).select("article.bd-article")
        for head in article.select(".bn-head li:first-child"):
            heads += 1
            said = int(head.get_text().split()[0])
            hidden = "section[id$=exercises], details, .dropdown, .quick, .bn-head, .bn-convention"
            others = article.select(f"{hidden}, .math, .cell, pre, style, script")
            captions = article.select(".cell figcaption")
            words = " ".join([*texts(article, others), *(c.get_text(" ") for c in captions)])
            codes = [
                8 if code.find_parent(class_="bn-long") else len(code.get_text().splitlines())
                for code in article.select(".highlight pre")
                if not code.find_parent(class_=["cell_output", "bn-taken", "dropdown"])
                and not code.find_parent(["details"])
                and not code.find_parent("section", id=re.compile("exercises$"))
            ]
            taken = len(words.split()) / 200 + sum(codes) / 25
            assert abs(said - taken) < max(1.5, 0.12 * taken), (name, said, taken)
    assert heads > 30
