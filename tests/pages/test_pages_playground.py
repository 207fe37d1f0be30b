"""The playground in its page: what the address keeps, what Play shows, and how much moves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.pages.browsing import stop_time
from tests.show.figure_page import FigurePage, of, opened

pytestmark = pytest.mark.slow

# Counts how often a picture is renewed. While time stands still, a look at the clock moves it on,
# as a figure may train until some of it has passed.
COUNT = """selector => {
  window.pictures = 0;
  new MutationObserver(() => { pictures += 1; })
    .observe(document.querySelector(selector), { childList: true, subtree: true });
  const [now, looks] = [performance.now.bind(performance), { count: 0 }];
  performance.now = () => now() + (looks.count += 1);
}"""


def step_of(figure: FigurePage) -> int:
    return int(figure.root.locator(".bn-counter").inner_text().split()[-1])


@of("playground")
def test_a_step_is_told_as_it_is(figure: FigurePage) -> None:
    assert step_of(figure) == 0
    figure.click(figure.root.get_by_role("button", name="Step", exact=True))
    assert step_of(figure) == figure.values["step"] == 1
    without, with_bn = (f"{100 * share:.0f} % right" for share in figure.values["accuracy"])
    assert figure.says == f"After 1 step {without} without BN, {with_bn} with BN."
    scores = figure.root.locator(".bn-score").all_inner_texts()
    assert scores[0].startswith(without) and scores[1].startswith(with_bn)


@of("playground")
def test_a_lesson_stops_where_its_text_can_be_seen(figure: FigurePage) -> None:
    figure.click(figure.root.get_by_role("button", name="Bad initialization"))
    figure.page.wait_for_function(
        "document.querySelector('.bn-says').textContent.startsWith('After 400 steps')"
    )
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


@pytest.mark.parametrize(
    ("module", "picture", "most", "least"),
    [("playground", ".bn-counter", 4, 20), ("activations", ".bn-sides .bn-panel", 1, 5)],
)
def test_little_moves_for_those_who_ask(
    browser: Browser, served_book: str, module: str, picture: str, most: int, least: int
) -> None:
    renewed = {}
    for motion in ("reduce", "no-preference"):
        with opened(browser, served_book, module, reduced_motion=motion) as figure:
            figure.wait_until_live()
            stop_time(figure.page)
            figure.page.evaluate(COUNT, picture)
            figure.page.clock.run_for(2000)
            assert figure.page.evaluate("pictures") == 0  # nothing starts on its own
            figure.click(figure.root.get_by_role("button", name="Play"))
            figure.page.clock.run_for(2000)
            renewed[motion] = figure.page.evaluate("pictures")
    assert 1 <= renewed["reduce"] <= most
    assert renewed["no-preference"] >= least
