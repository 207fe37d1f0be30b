"""Interactive figures in the built book: they start, work by keyboard, and fail with a word."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser

from tests.pages.browsing import inaccessible, pass_frames
from tests.pages.built_book import Built, kept_build
from tests.show.figure_page import PAGES, FigurePage, opened

pytestmark = pytest.mark.slow

# The theme makes wide tables stops of the Tab key when it comes to them, hidden ones too: a place
# is one among what is seen.
SEEN = """figure => [...figure.querySelectorAll(
    "input, select, button, summary:not(.bn-line *), [tabindex]")]
    .filter(e => e.checkVisibility({ visibilityProperty: true }))"""
FOCUS = """figure => {
  const e = document.activeElement;
  if (!figure.contains(e)) return null;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(e);
  const box = e.getBoundingClientRect();
  return {
    at: (SEEN)(figure).indexOf(e),
    kind: e.getAttribute("role") ?? (e.tagName === "INPUT" ? e.type : e.tagName.toLowerCase()),
    ring: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    colours: [outlineColor, getComputedStyle(figure.querySelector(".bn-root")).backgroundColor],
    size: Math.min(box.width, box.height),
  };
}""".replace("SEEN", SEEN)
# What a key should change: the state, and what the page shows.
SHOWN = """figure => JSON.stringify([figure.bnModel.get("step"), figure.innerText,
  ...[...figure.querySelectorAll("input, select, [aria-valuetext]")]
    .map(e => [e.value, e.checked, e.getAttribute("aria-valuetext")])])"""
KEYS = {
    "range": ["ArrowRight", "ArrowLeft"], "slider": ["ArrowRight"], "checkbox": ["Space"],
    "select": ["ArrowDown", "ArrowUp"], "grid": ["ArrowRight", "ArrowLeft"], "search": ["x", "y"],
    "button": ["Enter"], "summary": ["Enter"],
}  # fmt: skip
FRAMES = 20  # pairs of frames within which a control answers
OUT_OF_ORDER = """Object.defineProperty(window, "BN_MODULES", {
  get() { return this.broken; },
  set(sources) {
    const text = "el.append('Begun.'); throw Error('No ink');";
    const module = `export default { render({ el }) { ${text} } };`;
    this.broken = Object.fromEntries(Object.keys(sources).map(name => [name, module]));
  },
})"""


@pytest.fixture(scope="module", params=["http", "file"])
def book(request: pytest.FixtureRequest) -> str:
    """Where the built book is: on a server, or on a disk."""
    if request.param == "http":
        return str(request.getfixturevalue("served_book"))
    return built_book().html.as_uri()


def built_book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as a browser writes them (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def changed(figure: FigurePage, before: str) -> bool:
    """Whether the figure is another than before, a few frames later: some answer from a worker."""
    pass_frames(figure.page, 2)
    return bool(figure.root.evaluate(SHOWN) != before)


def try_every_control(figure: FigurePage) -> None:
    """Go through a figure by the Tab key, and press a key on each of its controls."""
    page, root = figure.page, figure.root
    for lesson in root.get_by_role("button", name="Too deep").all():
        lesson.click()  # the first lesson would lead to what is there already
    root.evaluate("figure => { figure.tabIndex = -1; figure.focus(); }")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = root.evaluate(FOCUS)
        if focus is None or focus["kind"] == "a":  # a link in a figure is no control of it
            break
        reached.add(focus["at"])
        assert focus["ring"] >= 2, focus
        assert contrast(*focus["colours"]) >= 3, focus
        assert focus["size"] >= 24, focus
        before = root.evaluate(SHOWN)
        for key in KEYS[focus["kind"]]:
            page.keyboard.press(key)
            if any(changed(figure, before) for _ in range(FRAMES)):
                break
        assert root.evaluate(SHOWN) != before, f"{focus} answers to no key"
    assert reached and set(range(root.evaluate(f"figure => ({SEEN})(figure).length"))) <= reached


@pytest.mark.parametrize("module", PAGES)
def test_every_control_answers_the_keyboard_alone(browser: Browser, module: str) -> None:
    """From a disk, dark and narrow; from a server the test of accessibility asks it."""
    with opened(
        browser, built_book().html.as_uri(), module, color_scheme="dark", width=360
    ) as figure:
        figure.wait_until_live()
        assert figure.root.locator(".bn-still").is_hidden()
        try_every_control(figure)
        assert figure.troubles == []


@pytest.mark.parametrize("module", PAGES)
def test_without_scripts_the_picture_stands_there(browser: Browser, book: str, module: str) -> None:
    with opened(browser, book, module, java_script_enabled=False) as figure:
        still = figure.root.locator(".bn-still")
        still.scroll_into_view_if_needed()
        box = still.bounding_box()
        assert box is not None and box["width"] > 300 and box["height"] > 80


@pytest.mark.parametrize(
    ("module", "first", "reason"),
    [(module, OUT_OF_ORDER, "No ink") for module in PAGES]
    + [("normalizer", "delete window.ResizeObserver", "ResizeObserver is not defined"),
       ("playground", "delete window.ResizeObserver", "ResizeObserver is not defined")],
)  # fmt: skip
def test_a_figure_that_cannot_start_shows_its_picture_and_says_why(
    browser: Browser, book: str, module: str, first: str, reason: str
) -> None:
    with opened(browser, book, module, first=first) as figure:
        figure.root.scroll_into_view_if_needed()
        why = figure.root.locator(".bn-failed")
        why.wait_for()
        assert reason in why.inner_text() and "still picture" in why.inner_text()
        assert figure.root.locator(".bn-still").is_visible()
        assert figure.root.locator(".bn-root").count() == 0
        assert "Begun." not in figure.root.inner_text()


def test_figures_start_without_being_told_what_is_on_the_screen(
    browser: Browser, book: str
) -> None:
    with opened(browser, book, "averages", first="delete window.IntersectionObserver") as figure:
        figure.page.wait_for_selector('.bn-explorable[data-state="live"]')


@pytest.mark.parametrize("module", PAGES)
def test_figures_are_accessible_before_and_after_use(
    browser: Browser, served_book: str, module: str
) -> None:
    with opened(browser, served_book, module, reduced_motion="reduce") as figure:
        figure.wait_until_live()
        assert figure.root.locator(".bn-still").is_hidden()
        for width in (1280, 360):
            figure.page.set_viewport_size({"width": width, "height": 900})
            for theme in ("light", "dark"):
                figure.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
                assert inaccessible(figure.page, ".bn-explorable") == "", (width, theme)
            try_every_control(figure)
        if module != "scoreboard":  # whose last control clears what the others chose
            assert json.dumps(figure.values) != figure.root.locator("script").inner_text()
        assert figure.troubles == []
