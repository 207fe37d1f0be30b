"""Claims on pages in a browser: folded, linked, chosen, searched and printed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.browsing import new_page
from tests.pages.built_book import Built, kept_build
from tests.pages.served import served

pytestmark = pytest.mark.slow

CHAPTER = "book/limitations/small-batches"
SIZES = """() => [...document.querySelectorAll("article.bn-claim")].map(card => {
  for (let e = card; e = e.parentElement.closest("details");) e.open = true;
  return [...card.querySelectorAll("*")].map(part => {
    const { width, height } = part.getBoundingClientRect();
    return [part.localName, Math.round(width), Math.round(height)];
  }).filter(([name]) => name !== "span");
})"""


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


@pytest.fixture(scope="module")
def site(book: Built) -> Iterator[str]:
    with served(book.html) as address:
        yield address


@pytest.fixture(params=[360, 1280])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    size: Any = {"width": request.param, "height": 900}
    with new_page(browser, viewport=size, reduced_motion="reduce") as opened:
        yield opened


def test_a_search_leaves_the_cards_as_they_are(book: Built, page: Page) -> None:
    """The words of a search are marked on the page that it led to, and nowhere in a style.

    From a disk, where a browser waits for the book's faces; a served page may do without them.
    """
    address = (book.html / f"{CHAPTER}.html").as_uri()
    page.goto(address, wait_until="load")
    page.evaluate("document.fonts.ready")
    before = page.evaluate(SIZES)
    page.goto(f"{address}?highlight=max+width+batch+font+size", wait_until="load")
    page.evaluate("document.fonts.ready")
    page.locator("article.bn-claim .highlighted").first.wait_for(state="attached")
    after = page.evaluate(SIZES)
    assert len(before) >= 5 and [[name for name, *_ in card] for card in after] == [
        [name for name, *_ in card] for card in before
    ]
    for card, as_before in zip(after, before, strict=True):
        for (_, *size), (_, *size_before) in zip(card, as_before, strict=True):
            # a mark parts two letters that were set as a pair
            assert size == pytest.approx(size_before, abs=2), (size, size_before)


def test_an_address_opens_the_claim_that_it_names(site: str, page: Page) -> None:
    page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
    folded = page.locator("details.bn-line:not([open]) article.bn-claim")
    names = [str(card.get_attribute("id")) for card in folded.all()]
    assert len(names) >= 5
    page.goto(f"{site}/{CHAPTER}.html#{names[-1]}", wait_until="load")
    page.locator(f"details[open] > #{names[-1]}").wait_for()
    page.evaluate("name => { location.hash = name; }", names[0])
    page.locator(f"details[open] > #{names[0]}").wait_for()


def test_the_choice_of_claims_is_in_the_address(site: str, page: Page) -> None:
    page.goto(f"{site}/book/scoreboard.html#claims?verdict=supported&words=rate")
    lines = page.locator(".bn-root details.bn-line")
    lines.first.wait_for()
    verdicts = {line.get_attribute("data-verdict") for line in lines.all()}
    texts = [text.lower() for text in lines.all_text_contents()]
    assert verdicts == {"supported"} and all("rate" in text for text in texts)
    page.get_by_label("containing").fill("no such words")
    assert lines.count() == 0
    assert page.url.endswith("#claims?verdict=supported&words=no+such+words")
    page.get_by_role("button", name="Show all claims").click()
    assert lines.count() > 50 and "#" not in page.url
    page.evaluate("location.hash = 'claims?verdict=contradicted'")
    page.wait_for_function("document.querySelectorAll('.bn-root details.bn-line').length < 50")
    assert {line.get_attribute("data-verdict") for line in lines.all()} == {"contradicted"}


def test_lines_of_all_claims_are_short(site: str, page: Page) -> None:
    page.goto(f"{site}/book/scoreboard.html", wait_until="load")
    heights = page.evaluate(
        "[...document.querySelectorAll('.bn-lines summary')].map(line => line.offsetHeight)"
    )
    line = page.evaluate("parseFloat(getComputedStyle(document.body).lineHeight)")
    assert len(heights) > 50 and sum(heights) / len(heights) < 6 * line
    shown = page.locator("article.bd-article").inner_text()
    assert shown.replace("\N{NO-BREAK SPACE}", " ").count("95 % interval") <= 1


def test_a_mark_of_the_picture_says_what_it_is_and_leads_to_its_card(site: str, page: Page) -> None:
    page.goto(f"{site}/book/intro.html", wait_until="load")
    mark = page.locator(".bn-picture a[class]").first
    words = mark.get_attribute("aria-label")
    mark.locator("svg > *").dispatch_event("pointerover")
    assert words and page.locator(".bn-pointed").inner_text() == words
    link = str(mark.get_attribute("href"))
    page.goto(f"{site}/book/{link}", wait_until="load")
    assert page.locator(f"#{link.split('#')[1]}").is_visible()


def test_verdicts_keep_their_colours_in_print(site: str, page: Page) -> None:
    page.emulate_media(media="print")
    page.goto(f"{site}/{CHAPTER}.html", wait_until="load")
    for part in (".bn-claim .badge", ".bn-line .mark"):
        style = page.locator(part).first.evaluate(
            "e => [getComputedStyle(e).printColorAdjust, getComputedStyle(e).backgroundColor]"
        )
        assert style[0] == "exact" and style[1] != "rgba(0, 0, 0, 0)"
