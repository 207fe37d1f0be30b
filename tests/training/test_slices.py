"""Figures work in slices of a frame, so that no task holds a page up, on any machine."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bnutils.show.explorables.bundle import bundle
from bnutils.show.explorables.duel import Duel
from bnutils.show.explorables.explorable import Explorable
from bnutils.show.explorables.playground import Playground
from tests.pages.browsing import new_page
from tests.show.figure_page import page_of

# Work of ten parts of a millisecond, the fifth of which draws: how much is done after each frame,
# and how often the end is told. It is ended after some frames.
SLICES = """async ([source, frames]) => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { inSlices } = (await import(url)).default;
  let [now, done, told, calls] = [0, 0, 0, []];
  performance.now = () => now;
  window.requestAnimationFrame = (call) => calls.push(call);
  function* work() {
    while (done < 10) {
      [now, done] = [now + 1, done + 1];
      yield done === 5;
    }
  }
  const end = inSlices(work(), () => { told += 1; });
  const after = [];
  while (calls.length > 0) {
    if (after.length === frames) end();
    calls.shift()();
    after.push(done);
  }
  return { after, told };
}"""
# A clock on which a part of the work, however small, takes as long as a slice; it notes in which
# frame a picture shows another step.
SLOW = """(() => {
  let [now, frames] = [0, 0];
  window.shown = [];
  performance.now = () => (now += 12);
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (call) => ask((time) => {
    frames += 1;
    call(time);
    const step = Number(document.querySelector(".bn-counter").textContent.split(" ").at(-1));
    if (step !== window.shown.at(-1)?.[1]) window.shown.push([frames, step]);
  });
})()"""


def test_a_slice_ends_with_its_time_or_after_drawing(browser: Browser) -> None:
    source = f"{bundle('slices')}\nexport default {{ inSlices }};"
    with new_page(browser) as page:
        whole = page.evaluate(SLICES, [source, 9])
        ended = page.evaluate(SLICES, [source, 2])
    assert whole == {"after": [4, 5, 9, 10], "told": 1}
    assert ended == {"after": [4, 5, 5], "told": 0}


@pytest.mark.parametrize(("make", "parts"), [(Duel, 21), (Playground, 6)])
def test_a_slow_machine_takes_a_step_or_a_part_of_the_picture_a_frame(
    browser: Browser, tmp_path: Path, make: type[Explorable], parts: int
) -> None:
    with new_page(browser) as page:
        page.add_init_script(SLOW)
        page.goto(page_of(make(), tmp_path))
        if make is Playground:
            page.get_by_role("button", name="Play").click()
        page.wait_for_function("shown.length >= 6")
        shown = page.evaluate("shown")
    for (frame, step), (next_frame, next_step) in pairwise(shown[1:]):
        assert next_frame - frame >= next_step - step + parts
        assert make is Duel or next_step - step >= parts  # pictures leave time for steps
