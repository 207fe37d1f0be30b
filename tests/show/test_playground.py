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
  const { LESSONS, completed, dataSource, Trainer } = (await import(url)).default;
  const { settings, steps, margin } = LESSONS[name];
  const all = { ...completed(settings), seed };
  const trainer = new Trainer({ ...all, ...dataSource(null, 256)(all) });
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
    with new_page(browser, viewport={"width": 1100, "height": 900}) as found:
        yield found


@pytest.fixture
def page(browser_page: Page, tmp_path: Path) -> Page:
    """The playground in a page from the disk, reset after what it plays on its own."""
    browser_page.goto("about:blank")
    browser_page.goto(page_of(Playground(), tmp_path))
    wait_for_step(browser_page, 400)
    browser_page.get_by_role("button", name="Reset").click()
    return browser_page


def step_of(page: Page) -> int:
    return int(page.locator(".bn-counter").inner_text().split()[-1])


def wait_for_step(page: Page, step: int) -> None:
    """Wait until the training has come to a step, and ended there."""
    page.wait_for_function(
        "step => document.querySelector('.bn-says')?.textContent.startsWith(`After ${step} step`)",
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


def test_there_is_something_to_see_before_the_first_step(page: Page) -> None:
    page.wait_for_function("document.querySelectorAll('.bn-panel polygon').length === 8")
    assert step_of(page) == 0
    box = "all => all.map(part => Math.min(part.getBBox().width, part.getBBox().height))"
    heights = page.locator(".bn-panel polygon").evaluate_all(box)
    assert min(heights) > 10
    widths = page.locator(".bn-panel rect").evaluate_all(box)
    assert len(widths) == 8 and min(widths) > 10


def test_undecided_ground_is_white_and_wrong_points_are_ringed(page: Page) -> None:
    """At the start all is pale and much is wrong, at the end all is in colour and right."""
    pixels = """() => {
      const canvas = document.querySelectorAll(".bn-regions")[1];
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const found = { pale: 0, dark: 0 };
      for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
        if (Math.min(red, green, blue) > 200) found.pale += 1;
        if (Math.max(red, green, blue) < 70) found.dark += 1;
      }
      return found;
    }"""
    page.get_by_role("button", name="Step", exact=True).click()
    wait_for_step(page, 1)
    first = page.evaluate(pixels)
    page.get_by_role("button", name="An easy case").click()
    wait_for_step(page, 400)
    last = page.evaluate(pixels)
    assert first["pale"] > 2 * last["pale"] and first["dark"] > 2 * last["dark"] + 100


def test_both_networks_say_what_they_see_at_a_place(page: Page) -> None:
    page.get_by_role("button", name="An easy case").click()
    wait_for_step(page, 400)
    canvas = page.locator(".bn-regions").first
    pointed = page.locator(".bn-pointed")
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    for words in ("Here: without BN dots, ", "; with BN dots, "):
        assert words in pointed.inner_text()
    canvas.hover(position={"x": 3, "y": 3})
    assert "without BN squares, 100 %; with BN squares, 100 %" in pointed.inner_text()
    page.mouse.move(0, 0)
    assert "Point at" in pointed.inner_text()


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_ends_as_its_text_says(browser_page: Page, name: str, seed: int) -> None:
    source = bundle("playground").replace(
        "export default { render };",
        "export default { LESSONS, completed, dataSource, Trainer };",
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
    page.get_by_text("After").wait_for()
    stopped = step_of(page)
    pass_frames(page)
    assert step_of(page) == stopped
    assert "right without BN" in page.get_by_role("status").inner_text()


def test_steps_settings_and_reset_work_by_keyboard(page: Page) -> None:
    step = page.get_by_role("button", name="Step", exact=True)
    step.focus()
    page.keyboard.press("Enter")
    wait_for_step(page, 1)
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
    wait_for_step(page, 600)  # where the text of the lesson can be seen
    assert page.get_by_label("hidden layers").input_value() == "10"
    assert page.get_by_label("activation", exact=True).input_value() == "sigmoid"
    page.goto("about:blank")
    page.goto(address.replace("depth=10", "depth=99").replace("sigmoid", "unheard"))
    page.wait_for_selector('.bn-explorable[data-state="live"]')
    assert page.get_by_label("hidden layers").input_value() == "4"
    told = page.locator(".bn-lesson").inner_text()
    assert "hidden layers 99 is no option, 4 stands in for it" in told
    assert "activation unheard is no option, relu stands in for it" in told
    page.get_by_label("hidden layers").select_option("6")
    assert "no option" not in page.locator(".bn-lesson").inner_text()


def test_the_mode_changes_what_is_measured_and_nothing_else(page: Page) -> None:
    page.get_by_label("batch size").select_option("2")
    page.get_by_role("button", name="100 steps").click()
    wait_for_step(page, 100)
    by_running = page.locator(".bn-score").nth(1).inner_text()
    by_batch = "text => (document.querySelectorAll('.bn-score')[1].textContent === text)"
    page.get_by_label("statistics of the batch").check()
    page.wait_for_function(f"text => !({by_batch})(text)", arg=by_running)
    assert step_of(page) == 100
    page.get_by_label("statistics of the batch").uncheck()
    page.wait_for_function(by_batch, arg=by_running)


def test_a_phone_has_both_networks_and_one_row_of_controls(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    boxes = [canvas.bounding_box() for canvas in page.locator(".bn-regions").all()]
    assert all(boxes) and boxes[0]["y"] == boxes[1]["y"]  # type: ignore[index]
    bar = page.get_by_role("group", name="Training")
    tops = [part.bounding_box() for part in bar.locator("button:visible").all()]
    assert len(tops) == 3 and len({box["y"] for box in tops if box is not None}) == 1
    assert page.get_by_label("hidden layers").is_hidden()
    page.get_by_text("Settings", exact=True).click()
    assert page.get_by_label("hidden layers").is_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1100, "height": 900})
    assert page.get_by_label("hidden layers").is_visible()


def test_digits_are_shown_with_answers(page: Page) -> None:
    page.get_by_label("data", exact=True).select_option("digits")
    for step in (100, 200, 300):
        page.get_by_role("button", name="100 steps").click()
        wait_for_step(page, step)
    assert page.get_by_role("img", name="Digits and what the network with BN").is_visible()
    share = float(page.locator(".bn-score").nth(1).inner_text().split()[0])
    assert share >= 85
