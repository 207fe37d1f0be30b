"""Previews of links and the search, as a reader uses them in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.browsing import inaccessible, new_page, pass_frames
from tests.pages.built_book import Built, kept_build
from tests.pages.served import served

pytestmark = pytest.mark.slow

CHAPTER = "book/theory/benefits"
TERM = "article.bd-article a:has(> .std-term)"
OPEN = '.tippy-box[data-state="visible"]'


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


@pytest.fixture(scope="module")
def site(book: Built) -> Iterator[str]:
    with served(book.html) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser, viewport={"width": 1280, "height": 900}) as opened:
        yield opened


def middle(page: Page, part: str) -> tuple[float, float]:
    box = page.locator(part).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_preview_stays_under_the_mouse_and_closes_with_escape(site: str, page: Page) -> None:
    page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
    page.locator(TERM).first.hover()
    page.locator(OPEN).wait_for()
    assert inaccessible(page) == ""
    page.mouse.move(*middle(page, OPEN), steps=8)
    pass_frames(page, 60)
    assert page.locator(OPEN).is_visible()
    page.keyboard.press("Escape")
    page.locator(OPEN).wait_for(state="detached")


def test_the_keyboard_reaches_the_links_of_a_preview(site: str, page: Page) -> None:
    page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
    link = page.locator(TERM).first
    link.focus()
    page.locator(OPEN).wait_for()
    page.locator(f"{OPEN} .tippy-content").evaluate(
        """e => { e.querySelector("dd").innerHTML += '<a href="#x" id="within">x</a>'; }"""
    )
    links = page.locator(f"{OPEN} a[href]").count()
    for _ in range(links):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "within"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article.bd-article') !== null")
    page.wait_for_function("e => !e._tippy.state.isVisible", arg=link.element_handle())


def test_a_touched_term_shows_its_preview_before_it_leads_away(site: str, browser: Browser) -> None:
    with new_page(browser, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
        page.locator(TERM).first.tap()
        page.locator(OPEN).wait_for()
        assert "glossary" not in page.url
        page.locator(TERM).first.tap()
        page.wait_for_url("**/glossary.html*")


def test_no_preview_covers_what_a_button_begins(site: str, page: Page) -> None:
    page.goto(f"{site}/book/intro.html", wait_until="load")
    for button in page.locator(".bn-start a").all():
        button.focus()
        assert button.evaluate("e => e._tippy === undefined")


def test_terms_chapters_and_citations_look_different(site: str, page: Page) -> None:
    page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
    looks = {
        kind: page.locator(f"article.bd-article p {kind}").first.evaluate(
            """e => { const s = getComputedStyle(e);
                return [s.textDecorationStyle, s.textDecorationColor, s.color].join(); }"""
        )
        for kind in ("a:has(> .std-term)", ".bibtex-citation a", "a:has(> .std-ref, > .doc)")
    }
    assert len(set(looks.values())) == 3, looks


def typed(page: Page, text: str) -> list[str]:
    field, hits = page.locator("form.bd-search input").first, page.locator(".bn-hits a")
    field.fill("")
    hits.first.wait_for(state="detached")
    field.fill(text)
    hits.first.wait_for()
    return hits.all_inner_texts()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_search_answers_while_one_types(
    site: str, book: Built, page: Page, scheme: str
) -> None:
    where = site if scheme == "http" else book.html.as_uri()
    page.goto(f"{where}/{CHAPTER}.html", wait_until="load")
    page.keyboard.press("ControlOrMeta+k")
    assert typed(page, "batch size")[0] == "Batch size chapter"
    assert any(hit.endswith("term") for hit in typed(page, "running stat"))
    hits = typed(page, "larger learning rates work")
    assert hits[0].startswith("With batch normalization, larger learning rates work claim of")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**#claim-ben-learning-rate")


def test_a_full_search_shows_words_and_no_code_of_formulas(site: str, page: Page) -> None:
    page.goto(f"{site}/search.html?q=variance", wait_until="load")
    page.locator("ul.search p.context").nth(5).wait_for()
    excerpts = " ".join(page.locator("ul.search p.context").all_inner_texts())
    assert "variance" in excerpts.lower() and "\\" not in excerpts and "import " not in excerpts
