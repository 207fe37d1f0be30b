"""The playground in its page: what the address keeps, what Play shows, and how much moves."""

from __future__ import annotations

import html
import re

import pytest
from playwright.sync_api import Browser

from tests.pages.browsing import pass_frames, stop_time
from tests.pages.built_book import Built, kept_build
from tests.show.figure_page import FigurePage, of, opened

pytestmark = pytest.mark.slow

# Counts how often a picture is renewed.
COUNT = """selector => {
  window.pictures = 0;
  new MutationObserver(() => { pictures += 1; })
    .observe(document.querySelector(selector), { childList: true, subtree: true });
}"""


def built_book() -> Built:
    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    return built


def step_of(figure: FigurePage) -> int:
    return int(figure.root.locator(".bn-counter").inner_text().split()[-1])


def wait_for_words(figure: FigurePage, words: str) -> None:
    figure.page.wait_for_function(
        "words => document.querySelector('.bn-says').textContent.startsWith(words)", arg=words
    )


@of("playground")
def test_it_plays_on_sight_and_a_step_is_told_as_it_is(figure: FigurePage) -> None:
    wait_for_words(figure, "After 400 steps")
    figure.click(figure.root.get_by_role("button", name="Reset"))
    assert step_of(figure) == 0
    figure.click(figure.root.get_by_role("button", name="Step", exact=True))
    wait_for_words(figure, "After 1 step ")
    assert step_of(figure) == figure.values["step"] == 1
    without, with_bn = (f"{100 * share:.0f} % right" for share in figure.values["accuracy"])
    assert figure.says == f"After 1 step {without} without BN, {with_bn} with BN."
    scores = figure.root.locator(".bn-score").all_inner_texts()
    assert scores[0].startswith(without) and scores[1].startswith(with_bn)


@of("playground")
def test_a_lesson_stops_where_its_text_can_be_seen(figure: FigurePage) -> None:
    figure.click(figure.root.get_by_role("button", name="Bad initialization"))
    wait_for_words(figure, "After 400 steps")
    without, with_bn = figure.values["accuracy"]
    assert with_bn - without >= 0.2
    assert "twenty times too small" in figure.root.locator(".bn-lesson").inner_text()
    assert figure.root.get_by_role("button", name="Play").is_visible()
    assert figure.values["lesson"] == "start" and figure.values["scale"] == 0.05


@of("playground")
def test_the_address_keeps_the_settings(figure: FigurePage) -> None:
    page, root = figure.page, figure.root

    def depth() -> str:
        return root.get_by_label("hidden layers").input_value()

    def address() -> str:
        return str(page.evaluate("location.href"))

    assert "#" not in address()
    figure.press(root.get_by_label("hidden layers"), "ArrowDown")
    figure.press(root.get_by_label("data", exact=True), "ArrowDown")
    changed = address()
    assert "depth=6" in changed and "data=quarters" in changed
    page.reload()
    figure.wait_until_live()
    assert depth() == "6" and root.get_by_label("data", exact=True).input_value() == "quarters"
    page.goto(changed.split("/book/")[0] + "/book/intro.html")
    page.go_back()
    figure.wait_until_live()
    assert address() == changed and depth() == "6"
    page.evaluate("location.hash = '#play?depth=10'")
    page.wait_for_function("document.querySelector('.bn-explorable').bnModel.get('depth') === 10")
    assert depth() == "10" and root.get_by_label("data", exact=True).input_value() == "circles"
    page.go_back()
    page.wait_for_function("document.querySelector('.bn-explorable').bnModel.get('depth') === 6")
    figure.click(root.get_by_role("button", name="An easy case"))
    assert "depth" not in address()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_it_is_on_one_screen(browser: Browser, served_book: str, width: int, height: int) -> None:
    with opened(browser, served_book, "playground", width=width) as figure:
        figure.page.set_viewport_size({"width": width, "height": height})
        figure.wait_until_live()
        figure.page.evaluate("scrollTo(0, 0)")
        figure.click(figure.root.get_by_role("button", name="Raise the learning rate"))
        wait_for_words(figure, "After 400 steps")
        figure.page.evaluate("scrollTo(0, 0)")
        box = figure.root.bounding_box()
        assert box is not None and box["y"] + box["height"] <= height


def test_settings_in_links_of_chapters_are_known(browser: Browser, served_book: str) -> None:
    """All links to a setting of the playground, and one that shows that others are found."""
    pages = (built_book().html / "book").rglob("*.html")
    links = {hash for page in pages for hash in re.findall(r"(#play\?[^\"]*)", page.read_text())}
    with opened(browser, served_book, "playground") as figure:
        figure.wait_until_live()
        for hash in [*links, "#play?lr=7"]:
            figure.page.evaluate("hash => { location.hash = hash; }", html.unescape(hash))
            told = figure.root.locator(".bn-lesson")
            if hash in links:
                pass_frames(figure.page, 3)
                assert "In the address" not in told.inner_text(), hash
        told.get_by_text("learning rate 7 is no option").wait_for()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_little_moves_for_those_who_ask(browser: Browser, served_book: str, motion: str) -> None:
    with opened(browser, served_book, "playground", reduced_motion=motion) as figure:
        figure.wait_until_live()
        figure.page.evaluate(COUNT, ".bn-counter")
        figure.click(figure.root.get_by_role("button", name="Too deep"))
        wait_for_words(figure, "After 600 steps")
        seen = figure.page.evaluate("pictures")
        assert seen <= 10 if motion == "reduce" else seen >= 20


def test_little_plays_for_those_who_ask(browser: Browser, served_book: str) -> None:
    renewed = {}
    for motion in ("reduce", "no-preference"):
        with opened(browser, served_book, "activations", reduced_motion=motion) as figure:
            figure.wait_until_live()
            stop_time(figure.page)
            figure.page.evaluate(COUNT, ".bn-sides .bn-panel")
            figure.page.clock.run_for(2000)
            assert figure.page.evaluate("pictures") == 0  # nothing starts on its own
            figure.click(figure.root.get_by_role("button", name="Play"))
            figure.page.clock.run_for(2000)
            renewed[motion] = figure.page.evaluate("pictures")
    assert renewed["reduce"] == 1 and renewed["no-preference"] >= 5
