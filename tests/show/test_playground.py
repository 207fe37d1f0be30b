"""The playground: lessons end as their texts say, and its controls do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bnutils.show.explorables.bundle import bundle
from bnutils.show.explorables.playground import Playground
from tests.pages.browsing import new_page, pass_frames
from tests.show.figure_page import page_of

# Trains a lesson for the steps its text names, and measures both arms on held-out data.
LESSON = """async ([source, name, seed]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { LESSONS, completed, toyData, Trainer } = (await import(url)).default;
  const { settings, steps, margin } = LESSONS[name];
  const all = { ...completed(settings), seed };
  const data = toyData(all.data, 256, all.seed);
  const held = toyData(all.data, 256, all.seed + 100);
  const trainer = new Trainer({ ...all, data, held });
  const points = [];
  for (let step = 1; step <= 3 * steps; step += 1) {
    trainer.advance();
    if (step === steps || step === 3 * steps)
      points.push(trainer.measure().map(({ accuracy }) => 100 * accuracy));
  }
  return { margin, points };
}"""


LESSONS = ["calm", "rate", "start", "two", "deep"]


@pytest.fixture(scope="module")
def browser_page(browser: Browser) -> Iterator[Page]:
    with new_page(browser, viewport={"width": 900, "height": 1300}) as found:
        yield found


@pytest.fixture
def page(browser_page: Page, tmp_path: Path) -> Page:
    """The playground, live in a page from the disk."""
    browser_page.goto("about:blank")
    browser_page.goto(page_of(Playground(), tmp_path))
    browser_page.wait_for_selector('.bn-explorable[data-state="live"]')
    return browser_page


def step_of(page: Page) -> int:
    return int(page.locator(".bn-counter").inner_text().split()[-1])


def wait_for_step(page: Page, step: int) -> None:
    """Wait until the training has come to a step, and ended there."""
    page.wait_for_function(
        "step => document.querySelector('.bn-says').textContent.startsWith(`After ${step} step`)",
        arg=step,
    )
    assert step_of(page) == step


def test_every_lesson_is_tested(browser_page: Page) -> None:
    source = bundle("playground").replace("{ render }", "{ LESSONS }")
    found = browser_page.evaluate(
        """async source => Object.keys((await import(URL.createObjectURL(
            new Blob([source], { type: "text/javascript" })))).default.LESSONS)""",
        source,
    )
    assert found == LESSONS


def test_pictures_of_a_large_network_are_coarse_while_it_plays(page: Page) -> None:
    page.get_by_label("hidden layers").select_option("10")
    page.get_by_label("units per layer").select_option("32")
    regions = "document.querySelector('.bn-regions').width"
    fine = page.evaluate(regions)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{regions} === {fine} / 2")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate(regions) == fine


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_ends_as_its_text_says(browser_page: Page, name: str, seed: int) -> None:
    source = bundle("playground").replace(
        "export default { render };",
        "export default { LESSONS, completed, toyData, Trainer };",
    )
    found = browser_page.evaluate(LESSON, [source, name, seed])
    assert len(found["points"]) == 2  # after the steps named, and after three times as many
    for without, with_bn in found["points"]:
        if found["margin"] is None:
            assert min(without, with_bn) >= 95
        elif found["margin"] > 0:
            assert with_bn - without >= found["margin"]
        else:
            assert with_bn - without <= found["margin"]


def test_training_goes_on_until_it_is_paused(page: Page) -> None:
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('.bn-counter').textContent.slice(5) > 200")
    page.get_by_role("button", name="Pause").click()
    stopped = step_of(page)
    pass_frames(page)
    assert step_of(page) == stopped
    assert "right without BN" in page.get_by_role("status").inner_text()


def test_steps_settings_and_reset_work_by_keyboard(page: Page) -> None:
    step = page.get_by_role("button", name="Step", exact=True)
    step.focus()
    page.keyboard.press("Enter")
    assert step_of(page) == 1
    page.get_by_role("button", name="100 steps").focus()
    page.keyboard.press("Space")
    wait_for_step(page, 101)
    depth = page.get_by_label("hidden layers")
    depth.focus()
    page.keyboard.press("ArrowDown")
    assert step_of(page) == 0 and depth.input_value() == "6"
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_role("button", name="Reset").click()
    assert step_of(page) == 0


def test_a_lesson_can_be_linked(page: Page) -> None:
    page.get_by_role("button", name="Too deep").click()
    address = page.evaluate("location.href")
    assert "activation=sigmoid" in address and "depth=10" in address
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector('.bn-explorable[data-state="live"]')
    assert page.get_by_label("hidden layers").input_value() == "10"
    assert page.get_by_label("activation", exact=True).input_value() == "sigmoid"
    page.goto("about:blank")
    page.goto(address.replace("depth=10", "depth=99").replace("sigmoid", "unheard"))
    page.wait_for_selector('.bn-explorable[data-state="live"]')
    assert page.get_by_label("hidden layers").input_value() == "4"


def test_the_mode_changes_what_is_measured_and_nothing_else(page: Page) -> None:
    page.get_by_label("batch size").select_option("2")
    page.get_by_role("button", name="100 steps").click()
    wait_for_step(page, 100)
    by_running = page.locator(".bn-score").nth(1).inner_text()
    page.get_by_label("statistics of the batch").check()
    assert page.locator(".bn-score").nth(1).inner_text() != by_running
    assert step_of(page) == 100
    page.get_by_label("statistics of the batch").uncheck()
    assert page.locator(".bn-score").nth(1).inner_text() == by_running


def test_digits_are_shown_with_answers(page: Page) -> None:
    page.get_by_label("data", exact=True).select_option("digits")
    for step in (100, 200, 300):
        page.get_by_role("button", name="100 steps").click()
        wait_for_step(page, step)
    assert page.get_by_role("img", name="Digits and what the network with BN").is_visible()
    share = float(page.locator(".bn-score").nth(1).inner_text().split()[0])
    assert share >= 85
