"""The pages in a browser: no errors, nothing from outside, light enough, nothing shut out."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, Page, Response, Route

from tests.pages.browsing import inaccessible, new_page, unanswered
from tests.pages.built_book import ROOT, Built, contents, kept_build
from tests.pages.served import served

pytestmark = pytest.mark.slow

PAGES = [*contents(yaml.safe_load((ROOT / "_toc.yml").read_text())), "search", "genindex"]
SCREENS = {
    "phone, light": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "desktop, dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
HEAVIEST = 600_000  # bytes, compressed
# Elements of the text that end right of the screen and cannot be scrolled to where they are.
# KaTeX draws lines longer than they are shown.
TOO_WIDE = """() => [...document.querySelectorAll(".bd-article *")].filter(e => {
  if (e.closest(".katex-mathml, .katex svg") || e.getBoundingClientRect().right <= innerWidth + 1)
    return false;
  for (let p = e.parentElement; p; p = p.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)
        && p.getBoundingClientRect().right <= innerWidth + 1) return false;
  return true;
}).map(e => e.outerHTML.slice(0, 120))"""
THEME = "scheme => document.documentElement.dataset.theme === scheme"
# A page may show a colour on its way to another. Where nothing is drawn, no transition ends.
SETTLE = """() => {
  scrollTo(0, 0);
  for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
}"""


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


@pytest.fixture(scope="module")
def site(book: Built) -> Iterator[str]:
    with served(book.html) as address:
        yield address


class Visit:
    """An open page, what goes wrong on it, and what it loads; no request leaves the machine."""

    sizes: ClassVar[dict[str, int]] = {}  # bytes at an address, compressed

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        self.responses: list[Response] = []
        page.route(re.compile(r"^(?!http://127\.0\.0\.1:|file:|data:|blob:)"), self._refuse)
        page.on("pageerror", lambda error: self.troubles.append(f"script error: {error}"))
        page.on("requestfailed", lambda request: self.troubles.extend(unanswered(request)))
        page.on("response", self._note)
        page.on("console", self._listen)

    def _refuse(self, route: Route) -> None:
        self.troubles.append(f"asks for {route.request.url}")
        route.abort()

    def _note(self, response: Response) -> None:
        if response.url.startswith("http"):
            self.responses.append(response)
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.troubles.append(f"console: {message.text}")

    def start_figures(self) -> None:
        """Scroll to each interactive figure, which starts where it is seen."""
        for figure in self.page.locator(".bn-explorable").all():
            figure.scroll_into_view_if_needed()
        for figure in self.page.locator(".bn-explorable").all():
            figure.and_(self.page.locator('[data-state="live"]')).wait_for()

    def too_wide(self) -> list[str]:
        """What of the page is wider than the screen."""
        width = self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        wide: list[str] = self.page.evaluate(TOO_WIDE)
        return ([f"scrolls sideways by {width} px"] if width > 0 else []) + wide

    def weight(self, html: Path) -> int:
        """Bytes of what was loaded of a folder, as a server that compresses sends them."""
        loaded = [response for response in self.responses if response.status == 200]
        for response in loaded:
            if response.url not in self.sizes:
                body = (html / urlsplit(response.url).path.lstrip("/")).read_bytes()
                self.sizes[response.url] = min(len(body), len(gzip.compress(body, 6)))
        return sum(self.sizes[response.url] for response in loaded)

    def turn_to(self, screen: dict[str, Any]) -> None:
        """Show the page on another screen, from its top, in the screen's colours."""
        self.page.set_viewport_size(screen["viewport"])
        self.page.emulate_media(color_scheme=screen["color_scheme"])
        self.page.wait_for_function(THEME, arg=screen["color_scheme"])
        self.page.evaluate(SETTLE)


@pytest.fixture(params=list(SCREENS))
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    with new_page(browser, **SCREENS[request.param], reduced_motion="reduce") as page:
        yield Visit(page)


@pytest.mark.parametrize("name", PAGES)
def test_page(book: Built, site: str, browser: Browser, name: str) -> None:
    """A page as a reader meets it: loads cleanly, light, fits, responds, and is accessible."""
    # The theme looks at the width when a page is loaded: narrow, more of it scrolls.
    with new_page(browser, **SCREENS["phone, light"], reduced_motion="reduce") as page:
        visit = Visit(page)
        page.goto(f"{site}/{name}.html", wait_until="load")
        assert page.locator(".katex-error").count() == 0
        for screen in SCREENS.values():
            visit.turn_to(screen)
            visit.start_figures()
            assert (visit.troubles, visit.too_wide(), inaccessible(page)) == ([], [], "")
        assert visit.weight(book.html) <= HEAVIEST


@pytest.mark.parametrize(
    ("parts", "faint"),
    [
        ("<i>ab</i><i>cd</i>", False),
        ("<i>ab</i><i style='color: #999'>cd</i>", True),
        ("<i style='color: #999'>a</i><i style='color: #999'>cd</i>", True),  # one letter: no text
        ("<i>ab</i><b style='background: #444'><i>cd</i></b>", True),
    ],
)
def test_faint_parts_are_found_among_alike_ones(browser: Browser, parts: str, faint: bool) -> None:
    spans = re.sub(r"<(/?)[ib]", r"<\1span", parts)
    with new_page(browser) as page:
        page.set_content(
            "<!doctype html><html lang=en><title>t</title><main><h1>Code</h1>"
            f"<pre style='color: #000; background: #fff'><span>ab</span>{spans}</pre></main>"
        )
        assert ("color-contrast" in inaccessible(page)) is faint


def test_what_a_page_no_longer_asks_for_is_no_trouble(browser: Browser) -> None:
    """Leaving a page ends its open requests; what a page waits for in vain is told."""
    with new_page(browser) as page:
        visit = Visit(page)
        page.route("**/slow.png", lambda route: None)  # never answered
        page.route("**/never.png", lambda route: route.abort("connectionreset"))
        with page.expect_request("**/slow.png"):
            page.set_content("<img src='http://127.0.0.1:9/slow.png'>", wait_until="commit")
        with page.expect_event("requestfailed"):
            page.goto("about:blank")
        assert visit.troubles == []
        with page.expect_event("requestfailed"):
            page.set_content("<img src='http://127.0.0.1:9/never.png'>", wait_until="commit")
        assert "no answer: http://127.0.0.1:9/never.png" in visit.troubles


def test_pages_from_files(book: Built, visit: Visit) -> None:
    for name in [book.pages[0], *book.chapters[:2], "book/bibliography", "book/playground"]:
        visit.page.goto((book.html / f"{name}.html").as_uri(), wait_until="load")
        visit.start_figures()
        assert (visit.troubles, visit.too_wide()) == ([], []), name


def test_first_page_is_found(book: Built, site: str, visit: Visit) -> None:
    for address in (f"{site}/", (book.html / "index.html").as_uri()):
        visit.page.goto(address)
        visit.page.wait_for_url(f"**/{book.pages[0]}.html")


def test_equations_and_stills_show_without_scripts(book: Built, browser: Browser) -> None:
    with new_page(browser, java_script_enabled=False, offline=True) as page:
        page.goto((book.html / "book/theory/working-principle.html").as_uri())
        assert page.locator("div.math .katex-html").first.is_visible()
        assert page.locator(".bn-explorable img.bn-still").is_visible()


def test_interactive_figures_are_on_the_pages(book: Built) -> None:
    pages = [(book.html / f"{name}.html").read_text("utf-8") for name in book.pages]
    assert sum('class="bn-explorable"' in page for page in pages) >= 8


# The first link of each kind that a page of the book has, and what its preview shows.
PREVIEWS = {
    "equation": ('a[href^="#equation"]', ".katex-html"),
    "term": ('a[href*="glossary.html#term"]', "dd"),
    "figure": ('a[href^="#fig-"]', "figure img"),
    "citation": ('a[href*="bibliography.html#"]', ".citation"),
    "section": ('a[href*=".html#sec-"]', "h2, h3"),
}


@pytest.mark.parametrize("kind", list(PREVIEWS))
def test_links_show_what_they_lead_to(book: Built, visit: Visit, kind: str) -> None:
    link, content = PREVIEWS[kind]
    inside = ", ".join(f"article.bd-article {part.strip()}" for part in link.split(","))
    name = next(name for name in book.pages if book.soup(name).select(inside))
    visit.page.goto((book.html / f"{name}.html").as_uri(), wait_until="load")
    anchor = visit.page.locator(inside).locator("visible=true").first
    anchor.focus()  # the keyboard calls it too
    shown = visit.page.locator(".tippy-box").locator(content).first
    shown.wait_for()
    box = shown.bounding_box()
    assert box is not None and box["width"] > 20
    assert (visit.troubles, visit.too_wide()) == ([], [])
    anchor.blur()
    visit.page.locator(".tippy-box").wait_for(state="detached")


def test_wide_equations_scroll_by_keyboard_and_others_are_no_stop(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/book/theory/backward.html", wait_until="load")
    script = """() => [...document.querySelectorAll(".bd-article .katex-display")]
        .map(e => [e.scrollWidth > e.clientWidth + 1, e.tabIndex === 0])"""
    found = visit.page.evaluate(script)
    assert len(found) > 5
    assert all(scrolls == stops for scrolls, stops in found)


def test_search_finds_a_term(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/search.html?q=internal+covariate+shift")
    visit.page.locator("ul.search a", has_text="Why it works").first.wait_for()
    assert visit.troubles == []


def test_a_missing_page_is_told(book: Built, browser: Browser) -> None:
    """The page is made for the published address, below which it is served."""

    def published(route: Route) -> None:
        path = route.request.url.split("/batch-normalization-measured/")[-1].partition("?")[0]
        file = book.html / path
        if file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(path=book.html / "404.html", status=404)

    with new_page(browser) as page:
        page.route("**/*", published)
        page.goto("https://owner.github.io/batch-normalization-measured/book/gone.html")
        assert page.get_by_role("heading", name="There is no such page").is_visible()
        assert page.evaluate("getComputedStyle(document.body).fontFamily") != '"Times New Roman"'
        page.get_by_role("link", name="first page").click()
        page.wait_for_url("**/book/intro.html")


def test_figures_follow_the_theme(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/book/theory/concept.html", wait_until="load")
    dark = visit.page.evaluate("document.documentElement.dataset.theme") == "dark"
    image = visit.page.locator("div.cell_output img:not(.bn-still)").first
    style = image.evaluate("e => getComputedStyle(e).filter")
    assert style == ("invert(1) hue-rotate(180deg)" if dark else "none")
