"""How pages look: on paper, on a phone, without scripts, to who uses the keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browsing import new_page, pass_frames
from tests.pages.built_book import Built, kept_build

pytestmark = pytest.mark.slow

FONTS = 110_000  # bytes
LETTERS = 78  # of a line, on average
PAGES = ["theory/concept", "theory/benefits", "experiments/batch-size", "practice/symptoms"]
# The full lines of long paragraphs, in letters.
LINES = """() => [...document.querySelectorAll(".bd-article section > p")].flatMap(p => {
  const lines = Math.round(p.clientHeight / parseFloat(getComputedStyle(p).lineHeight));
  return lines > 3 && !p.querySelector(".math") ? [p.textContent.length / (lines - 0.5)] : [];
})"""
# Marks after formulas that stand at the beginning of a line.
LOST_MARKS = r"""() => [...document.querySelectorAll(".bd-article span.math")].filter(math => {
  const after = math.nextSibling;
  if (after?.nodeType !== 3 || !/^[.,:;!?)]/.test(after.data)) return false;
  const range = document.createRange();
  range.setStart(after, 0);
  range.setEnd(after, 1);
  const parts = math.querySelectorAll(".base"), mark = range.getBoundingClientRect();
  return mark.left < parts[parts.length - 1].getBoundingClientRect().left;
}).map(math => math.textContent)"""
# Words in tables that go on in a second line.
TORN_WORDS = r"""() => [...document.querySelectorAll(".bd-article :is(td, th) p")].flatMap(p => {
  const text = p.firstChild, range = document.createRange();
  return [...(text?.data ?? "").matchAll(/[a-z]+/gi)].filter(word => {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getBoundingClientRect().height > 1.5 * range.getClientRects()[0].height;
  }).map(word => word[0]);
})"""
SEEN = """e => {
  const style = getComputedStyle(e), width = parseFloat(style.outlineWidth);
  return style.outlineStyle !== "none" && width >= 2 && !/, 0\\)$/.test(style.outlineColor);
}"""


@pytest.fixture(scope="module")
def book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


def go(page: Page, book: Built, name: str) -> None:
    page.goto((book.html / f"book/{name}.html").as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    with new_page(browser, viewport={"width": 360, "height": 740}) as page:
        yield page


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    with new_page(browser, viewport={"width": 1280, "height": 900}) as page:
        yield page


def faces(page: Page, selector: str) -> set[str]:
    """The families in which a browser has set the first part of a page that is seen."""
    page.locator(f"{selector}:visible").first.evaluate("part => { part.id = 'looked-at'; }")
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": "#looked-at"})
    found = session.send("CSS.getPlatformFontsForNode", node)["fonts"]
    return {str(font["familyName"]) for font in found}


def test_faces_come_with_the_site_and_are_small(book: Built, served_book: str, desk: Page) -> None:
    go(desk, book, "theory/concept")
    assert faces(desk, ".bd-article > section > p") == {"Inter"}
    go(desk, book, "implementation/from-scratch")
    assert faces(desk, ".bd-article pre .n") == {"JetBrains Mono"}
    for _ in range(2):  # a slow first page does without them
        desk.goto(f"{served_book}/book/theory/concept.html", wait_until="load")
    assert faces(desk, ".bd-article > section > p") == {"Inter"}
    assert sum(path.stat().st_size for path in (book.html / "_static/fonts").glob("*")) <= FONTS


@pytest.mark.parametrize("width", [1280, 1920])
def test_lines_are_short_enough(book: Built, desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    go(desk, book, "theory/benefits")
    found = desk.evaluate(LINES)
    assert len(found) > 3 and 60 < sum(found) / len(found) < LETTERS


@pytest.mark.parametrize("width", [360, 820, 1280])
def test_no_line_begins_with_the_mark_after_a_formula(book: Built, desk: Page, width: int) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    for name in ("theory/concept", "theory/backward", "theory/invariance"):
        go(desk, book, name)
        assert desk.locator(".together").count() > 5
        assert desk.evaluate(LOST_MARKS) == [], name


def test_who_uses_the_keyboard_sees_where_it_is(book: Built, desk: Page) -> None:
    go(desk, book, "theory/concept")
    desk.locator(".primary-toggle").focus()
    seen = []
    for _ in range(6):
        seen.append(desk.evaluate(f"({SEEN})(document.activeElement)"))
        desk.keyboard.press("Tab")
    assert seen == [True] * 6


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_a_drawer_closes_and_gives_the_focus_back(book: Built, phone: Page, side: str) -> None:
    go(phone, book, "theory/concept")
    button, drawer = phone.locator(f".{side}-toggle"), phone.locator("dialog[open]")
    for close in ("Escape", "button"):
        button.click()
        drawer.wait_for()
        if close == "Escape":
            phone.keyboard.press("Escape")
        else:
            drawer.get_by_role("button", name="Close").click()
        drawer.wait_for(state="detached")
        expect(button).to_be_focused()


def test_a_phone_shows_few_buttons_until_asked_for_more(book: Built, phone: Page) -> None:
    go(phone, book, "theory/concept")
    rocket = phone.get_by_role("button", name="Launch interactive content")
    assert not rocket.is_visible()
    assert phone.get_by_role("button", name="Search").first.is_visible()
    phone.get_by_role("button", name="More").click()
    rocket.wait_for()


def test_figures_fit_a_phone_and_can_be_read_there(book: Built, phone: Page) -> None:
    """They are drawn for it: about as wide as they are shown, so letters keep their size."""
    for name in PAGES:
        go(phone, book, name)
        for image in phone.locator("div.cell_output figure img").all():
            image.scroll_into_view_if_needed()
            image.evaluate("e => e.decode()")
            shown, drawn = image.evaluate("e => [e.clientWidth, e.naturalWidth]")
            assert 0 < shown <= 344 and shown / drawn > 11 / 14, image.get_attribute("alt")
        inside = "es => es.every(e => e.scrollWidth <= e.clientWidth + 1)"
        assert phone.locator("div.cell_output figure").evaluate_all(inside)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_from_either_theme(book: Built, desk: Page, scheme: str) -> None:
    desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    go(desk, book, "theory/benefits")
    desk.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
    desk.emulate_media(color_scheme=scheme, media="print")  # type: ignore[arg-type]
    pass_frames(desk)
    dark = """es => es.filter(e => {
      const c = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
      return e.textContent.trim() && c[0] + c[1] + c[2] > 3 * 128;
    }).map(e => e.outerHTML.slice(0, 100))"""
    assert (
        desk.locator(".bd-article :is(p, li, td, h1, h2, pre, pre span)").evaluate_all(dark) == []
    )
    filters = desk.locator(".bd-article figure img").evaluate_all(
        "es => es.map(e => getComputedStyle(e).filter)"
    )
    assert filters and set(filters) == {"none"}
    assert desk.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    wraps = desk.locator(".bd-article pre").evaluate_all(
        "es => es.filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1).length"
    )
    assert wraps == 0
    assert desk.locator(".bd-article h1 .section-number").is_visible()
    for gone in ("header", ".copybtn", "details.hide", ".prev-next-footer", ".headerlink"):
        assert not any(e.is_visible() for e in desk.locator(gone).all()), gone
    assert desk.locator("details.solution p").first.is_visible()


def test_paper_tears_no_word_and_frames_code_once(book: Built, browser: Browser) -> None:
    with new_page(browser, viewport={"width": 680, "height": 960}) as sheet:
        sheet.emulate_media(media="print")
        for name in ("assignment", "teaching", "practice/hands-on"):
            go(sheet, book, name)
            assert sheet.evaluate(TORN_WORDS) == [], name
            tables = sheet.locator(".bd-article table.table").evaluate_all(
                "es => es.filter(e => e.offsetWidth > e.closest('section').offsetWidth + 1).length"
            )
            assert tables == 0, name
            frames = sheet.locator(".bd-article .cell_input").evaluate_all(
                "es => es.map(e => getComputedStyle(e).borderTopWidth)"
            )
            assert set(frames) <= {"0px"}, name
        assert frames


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_header_has_a_ground_without_scripts(
    book: Built, browser: Browser, scheme: str
) -> None:
    with new_page(browser, java_script_enabled=False, color_scheme=scheme, offline=True) as page:
        go_to = (book.html / "book/theory/concept.html").as_uri()
        page.goto(go_to)
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('.bd-header-article')).backgroundColor"
        )
        assert not re.fullmatch(r"rgba\(.*, 0\)", ground)


def test_nothing_moves_while_a_page_loads(book: Built, desk: Page) -> None:
    desk.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "e => { window.moved += e.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    for name in PAGES:
        go(desk, book, name)
        pass_frames(desk)
        assert desk.evaluate("window.moved") < 0.1, name


def test_the_page_for_missing_ones_works_from_files(book: Built, desk: Page) -> None:
    desk.goto((book.html / "404.html").as_uri())
    assert "Inter" in desk.evaluate("getComputedStyle(document.body).fontFamily")
    desk.get_by_role("link", name="first page").click()
    desk.wait_for_url("**/book/intro.html")
