"""The pages in a browser: no errors, nothing from outside, nothing wider than a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.built_book import Built, cold_build
from tests.chromium import FLAGS, find_chromium

pytestmark = pytest.mark.slow

SCREENS = {
    "phone, light": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "desktop, dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
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


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Built:
    built = cold_build(tmp_path_factory.getbasetemp(), "digits")
    assert built.status == 0, built.output[-4000:]
    return built


@pytest.fixture(scope="module")
def site(book: Built) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(book.html)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        yield found
        found.close()


@pytest.fixture(params=list(SCREENS))
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """An open page, and a list that fills with what goes wrong on it."""
    context = browser.new_context(**SCREENS[request.param])
    troubles: list[str] = []

    def only_local(route: Route) -> None:
        address = route.request.url
        if address.startswith(("http://127.0.0.1:", "file:", "data:", "blob:")):
            route.continue_()
        else:
            troubles.append(f"asks for {address}")
            route.abort()

    context.route("**/*", only_local)
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: troubles.append(f"no answer: {request.url}"))
    page.on(
        "response",
        lambda r: troubles.append(f"{r.status}: {r.url}") if r.status >= 400 else None,
    )
    page.on(
        "console",
        lambda m: troubles.append(f"console: {m.text}") if m.type == "error" else None,
    )
    yield page, troubles
    context.close()


def look(page: Page, address: str) -> list[str]:
    """Open a page and say what of it is too wide."""
    page.goto(address, wait_until="load")
    width = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    wide: list[str] = page.evaluate(TOO_WIDE)
    return ([f"scrolls sideways by {width} px"] if width > 0 else []) + wide


def test_pages_over_http(book: Built, site: str, screen: tuple[Page, list[str]]) -> None:
    page, troubles = screen
    for name in [*book.pages, "search", "genindex"]:
        wide = look(page, f"{site}/{name}.html")
        assert (troubles, wide) == ([], []), name
        assert page.locator(".katex-error").count() == 0, name


def test_pages_from_files(book: Built, screen: tuple[Page, list[str]]) -> None:
    page, troubles = screen
    for name in [book.pages[0], *book.chapters[:2], "book/bibliography"]:
        wide = look(page, (book.html / f"{name}.html").as_uri())
        assert (troubles, wide) == ([], []), name


def test_first_page_is_found(book: Built, site: str, screen: tuple[Page, list[str]]) -> None:
    page, _ = screen
    for address in (f"{site}/", (book.html / "index.html").as_uri()):
        page.goto(address)
        page.wait_for_url(f"**/{book.pages[0]}.html")


def test_equations_and_stills_show_without_scripts(book: Built, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((book.html / "book/theory/working-principle.html").as_uri())
    assert page.locator("div.math .katex-html").first.is_visible()
    assert page.locator(".bn-explorable img.bn-still").is_visible()
    context.close()


def test_interactive_figures_start(book: Built, site: str, screen: tuple[Page, list[str]]) -> None:
    page, troubles = screen
    pages = [n for n in book.pages if book.soup(n).select(".bn-explorable")]
    assert len(pages) >= 7
    for name in pages:
        page.goto(f"{site}/{name}.html", wait_until="load")
        page.locator(".bn-explorable").scroll_into_view_if_needed()
        page.wait_for_selector('.bn-explorable[data-state="live"]')
        assert page.evaluate(TOO_WIDE) == [], name
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["intro", "playground", "scoreboard", "bibliography", "theory/estimates",
             "theory/working-principle", "family/small", "limitations/small-batches"],
)  # fmt: skip
def test_pages_are_accessible(site: str, browser: Browser, scheme: Any, name: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{site}/book/{name}.html", wait_until="load")
    if page.locator(".bn-explorable").count():
        page.locator(".bn-explorable").scroll_into_view_if_needed()
        page.wait_for_selector('.bn-explorable[data-state="live"]')
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    # A formula in a head cell is MathML, which this rule does not count as text.
    options = {
        "runOnly": {"type": "tag", "values": tags},
        "rules": {"empty-table-header": {"enabled": False}},
    }
    found = Axe().run(page, options=options)
    context.close()
    assert found.violations_count == 0, found.generate_report()


def test_figures_follow_the_theme(book: Built, site: str, screen: tuple[Page, list[str]]) -> None:
    page, _ = screen
    name = next(n for n in book.chapters if book.soup(n).select("div.cell_output img"))
    look(page, f"{site}/{name}.html")
    dark = page.evaluate("document.documentElement.dataset.theme") == "dark"
    style = page.locator("div.cell_output img").first.evaluate("e => getComputedStyle(e).filter")
    assert style == ("invert(1) hue-rotate(180deg)" if dark else "none")
