"""The figure of the first page plays once, answers, and keeps its height."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from bnutils.show.explorables.bundle import bundle
from bnutils.show.explorables.duel import Duel
from bnutils.show.explorables.toy_run import run
from book._ext.bookext.pages.explorables import script
from tests.pages.browsing import new_page, pass_frames, stop_time
from tests.show.figure_page import page_of

RAISED, MARGIN = 1, 30  # a learning rate, and percent points on held-out data after a run at it
LARGEST = 17_500  # bytes of the page's script, compressed
RUN = """async ([source, settings, steps]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { dataSource, gridPoints, Trainer } = (await import(url)).default;
  const trainer = new Trainer({ ...settings, ...dataSource(null, settings.points)(settings) });
  while (trainer.step < steps) trainer.advance();
  const shares = [0, 1].map((arm) => [...trainer.shares(arm, gridPoints(8), 64)]);
  return { shares, accuracy: trainer.measure().map(({ accuracy }) => accuracy) };
}"""
ENGINE = bundle("workshop") + "\nexport default { dataSource, gridPoints, Trainer };"
NO_WORKERS = "delete window.Worker"
REFUSED = "window.Worker = class { constructor() { throw new DOMException('refused'); } }"
LOST = """window.Worker = class extends Worker {
  constructor(url, options) { super(url + "-gone", options); }
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
    assert "After 400 steps at learning rate 1:" in said and "only the network with" in said
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


def test_little_motion_shows_the_end_and_nothing_before(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script("window.seen = new Set()")
    show(page, tmp_path)
    page.evaluate("""() => new MutationObserver(() =>
        seen.add(document.querySelector(".bn-counter").textContent))
        .observe(document.querySelector(".bn-counter"), { childList: true })""")
    wait_for_end(page)
    assert set(page.evaluate("[...seen]")) <= {"step 0", "step 400"}
    assert trait(page, "step") == 400


@pytest.mark.parametrize(
    "first", ["", NO_WORKERS, REFUSED, LOST], ids=["worker", "no", "bad", "lost"]
)
def test_it_trains_the_same_with_and_without_a_worker(
    page: Page, tmp_path: Path, first: str
) -> None:
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    if first:
        page.add_init_script(first)
    show(page, tmp_path, Duel(lr=0.3, steps=60))
    wait_for_end(page)
    assert first == LOST or bool(workers) == (first == "")
    expected = page.evaluate(RUN, [ENGINE, asdict(replace(Duel(lr=0.3).settings())), 60])
    assert trait(page, "accuracy") == expected["accuracy"]


def test_mouse_and_keyboard_reach_everything(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, tmp_path)
    rate = page.get_by_label("learning rate")
    page.keyboard.press("Tab")
    assert rate.evaluate("e => e === document.activeElement")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert rate.get_attribute("aria-valuetext") == "0.1" and trait(page, "lr") == 0.1
    page.get_by_text("learning rate 0.1:").wait_for()
    assert "Both learn" in page.locator(".bn-says").inner_text()
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
    figure = Duel(seed=seed, lr=0.1)
    found = page.evaluate(RUN, [ENGINE, asdict(figure.settings()), figure.steps])
    assert min(found["accuracy"]) >= 0.9
    figure.lr = RAISED
    found = page.evaluate(RUN, [ENGINE, asdict(figure.settings()), figure.steps])
    without, with_bn = found["accuracy"]
    assert 100 * (with_bn - without) >= MARGIN


@pytest.mark.parametrize(
    "figure",
    [Duel(lr=0.1), Duel(data="moons", activation="tanh", scale=0.5, lr=0.3, batch=2, depth=2),
     Duel(data="circles", batch=50, seed=4, lr=0.1),
     Duel(data="quarters", activation="sigmoid", lr=0.1)],
    ids=["spirals", "moons", "circles", "quarters"],
)  # fmt: skip
def test_the_picture_is_of_the_run_that_the_page_makes(page: Page, figure: Duel) -> None:
    found = page.evaluate(RUN, [ENGINE, asdict(figure.settings()), 40])
    expected = run(figure.settings(), 40, grid=8)
    assert found["accuracy"] == pytest.approx(expected.accuracy, abs=1e-9)
    shares = np.array(found["shares"]).reshape(expected.shares.shape)
    np.testing.assert_allclose(shares, expected.shares, atol=1e-4)
    assert np.ptp(expected.shares) > 0.1


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
