"""The figure of the first page plays once, answers, and keeps its height."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bnutils.show.explorables.bundle import bundle
from bnutils.show.explorables.duel import Duel
from book._ext.bookext.pages.explorables import script
from tests.pages.browsing import new_page, pass_frames, stop_time
from tests.show.figure_page import page_of

RAISED, MARGIN = 1, 30  # a learning rate, and percent points on held-out data after a run at it
LARGEST = 14_000  # bytes of the page's script, compressed
RUN = """async ([source, lr, seed]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { FIXED, TOY, POINTS, STEPS, toyData, Trainer } = (await import(url)).default;
  const [data, held] = [seed, seed + 100].map((from) => toyData(TOY, POINTS, from));
  const trainer = new Trainer({ ...FIXED, lr, seed, data, held });
  while (trainer.step < STEPS) trainer.advance();
  return trainer.measure().map(({ accuracy }) => 100 * accuracy);
}"""
LIVE = '.bn-explorable[data-state="live"]'


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser, viewport={"width": 900, "height": 700}) as found:
        yield found


def show(page: Page, folder: Path, figure: Duel | None = None, live: bool = True) -> None:
    """Open a page from the disk with the figure, or with the picture that stands in its place."""
    page.goto(page_of(figure or Duel(), folder, None if live else ""))
    if live:
        page.wait_for_selector(LIVE)


def wait_for_end(page: Page) -> None:
    page.get_by_role("button", name="Play again").wait_for()


def trait(page: Page, name: str) -> object:
    return page.evaluate(f"document.querySelector('{LIVE}').bnModel.get('{name}')")


def test_it_plays_once_on_its_own_and_stops(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path)
    wait_for_end(page)
    assert page.locator(".bn-counter").inner_text() == "step 400"
    assert trait(page, "step") == 400
    said = page.locator(".bn-says").inner_text()
    assert "After 400 steps at learning rate 0.1" in said and "with BN" in said
    before = page.locator(".bn-duel").inner_html()
    pass_frames(page)
    assert page.locator(".bn-duel").inner_html() == before


def test_it_waits_until_it_is_seen(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 900, "height": 20})
    show(page, tmp_path)
    pass_frames(page)
    assert page.locator(".bn-counter").inner_text() == "step 0"
    page.set_viewport_size({"width": 900, "height": 700})
    wait_for_end(page)


def test_little_motion_plays_nothing_on_its_own(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, tmp_path)
    pass_frames(page)
    assert page.locator(".bn-counter").inner_text() == "step 0"
    page.get_by_role("button", name="Play", exact=True).click()
    seen = {page.locator(".bn-counter").inner_text() for _ in range(20)}
    assert seen <= {"step 0", "step 400"}  # nothing in between is drawn
    wait_for_end(page)
    assert trait(page, "step") == 400


def test_mouse_and_keyboard_reach_everything(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, tmp_path)
    rate = page.get_by_label("learning rate")
    page.keyboard.press("Tab")
    assert rate.evaluate("e => e === document.activeElement")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert rate.get_attribute("aria-valuetext") == "1" and trait(page, "lr") == RAISED
    wait_for_end(page)
    assert "learning rate 1:" in page.locator(".bn-says").inner_text()
    page.keyboard.press("Tab")
    stop_time(page)  # no frame ends what Enter begins
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Play", exact=True).is_visible()
    page.clock.resume()
    page.get_by_role("button", name="New seed").click()
    assert trait(page, "seed") == 2
    wait_for_end(page)
    for control in page.locator(".bn-duel :is(button, input)").all():
        box = control.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= 24


def test_traits_start_it_anew(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, tmp_path, Duel(step=150, seed=3))
    page.get_by_text("After 150 steps").wait_for()
    first = trait(page, "accuracy")
    assert isinstance(first, list) and min(first) > 0
    for step in (20, 150):  # there and back: the same seed gives the same networks
        page.evaluate(f"document.querySelector('{LIVE}').bnModel.set('step', {step})")
        page.get_by_text(f"After {step} steps").wait_for()
    assert trait(page, "accuracy") == first


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_raised_learning_rate_breaks_the_network_without_it(page: Page, seed: int) -> None:
    source = bundle("duel").replace(
        "export default { render };",
        "export default { FIXED, TOY, POINTS, STEPS, toyData, Trainer };",
    )
    assert min(page.evaluate(RUN, [source, Duel().lr, seed])) >= 90
    without, with_bn = page.evaluate(RUN, [source, RAISED, seed])
    assert with_bn - without >= MARGIN


@pytest.mark.parametrize("width", [360, 560, 900])
def test_picture_and_live_figure_have_one_height(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    heights = []
    for live in (False, True):
        show(page, tmp_path, live=live)
        heights.append(page.locator(".bn-explorable").bounding_box())
    wait_for_end(page)
    heights.append(page.locator(".bn-explorable").bounding_box())
    assert len({box["height"] for box in heights if box is not None}) == 1, heights
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_its_script_is_small() -> None:
    text = script([Duel.module])
    assert len(gzip.compress(text.encode())) <= LARGEST
    assert "pixels" not in Duel().state()  # the digits stay on the page that needs them
