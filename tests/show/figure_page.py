"""An interactive figure in its page of the built book, as a reader meets it, or alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from bnutils.show.explorables.explorable import FOLDER, Explorable
from book._ext.bookext.pages.explorables import script
from tests.pages.browsing import new_page, unanswered

PAGES = {
    "activations": "implementation/inside",
    "averages": "family/relatives",
    "batch-sizes": "limitations/small-batches",
    "normalizer": "theory/working-principle",
    "playground": "playground",
    "rate-map": "experiments/bounds",
    "scoreboard": "scoreboard",
}
VALUES = """figure => {
  const names = Object.keys(JSON.parse(figure.querySelector("script").textContent));
  return Object.fromEntries(names.map(name => [name, figure.bnModel.get(name)]));
}"""


def page_of(figure: Explorable, folder: Path, scripts: str | None = None) -> str:
    """The address of a page on the disk with the figure alone; no `scripts` leave its picture."""
    html = figure.html(base64.b64decode(figure._repr_mimebundle_()[0]["image/png"]))
    style = (FOLDER / "explorables.css").read_text()
    (folder / "figures.js").write_text(script([figure.module]) if scripts is None else scripts)
    (folder / "page.html").write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>t</title>"
        f"<meta name=viewport content='width=device-width'><style>{style}</style>"
        f'<main>{html}</main><script defer src="figures.js"></script>'
    )
    return (folder / "page.html").as_uri()


def of(module: str, **options: Any) -> pytest.MarkDecorator:
    """Mark a test whose ``figure`` is that of a module, in a browser with these options."""
    return pytest.mark.parametrize("figure", [(module, options)], indirect=True, ids=[module])


@dataclass(frozen=True)
class FigurePage:
    """A page with a figure, and a list that fills with what goes wrong on it."""

    page: Page
    module: str
    troubles: list[str]

    @property
    def root(self) -> Locator:
        return self.page.locator(f'.bn-explorable[data-module="{self.module}"]')

    @property
    def says(self) -> str:
        return self.root.locator(".bn-says").inner_text()

    @property
    def values(self) -> dict[str, Any]:
        """The figure's state, as its module has it now."""
        found: dict[str, Any] = self.root.evaluate(VALUES)
        return found

    def wait_until_live(self) -> None:
        self.root.scroll_into_view_if_needed()
        self.page.wait_for_selector(
            f'.bn-explorable[data-module="{self.module}"][data-state="live"]'
        )

    def press(self, control: Locator, *keys: str) -> None:
        control.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, handle: Locator, pixels: float) -> None:
        """Take hold of the middle of something and move it sideways, as with a mouse."""
        x, y = middle(handle)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + pixels, y, steps=4)
        self.page.mouse.up()

    def click(self, target: Locator, share: float = 0.5) -> None:
        """Click on something, at a share of its width from the left."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def middle(target: Locator) -> tuple[float, float]:
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@contextmanager
def opened(
    browser: Browser, book: str, module: str, *, first: str = "", width: int = 1280, **options: Any
) -> Iterator[FigurePage]:
    """The page with a figure, of the book at an address; ``first`` is a script that runs before."""
    troubles: list[str] = []
    with new_page(browser, viewport={"width": width, "height": 900}, **options) as page:
        page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
        page.on("requestfailed", lambda request: troubles.extend(unanswered(request)))
        page.on(
            "console",
            lambda m: troubles.append(f"console: {m.text}") if m.type == "error" else None,
        )
        if first:
            page.add_init_script(first)
        page.goto(f"{book}/book/{PAGES[module]}.html", wait_until="load")
        yield FigurePage(page, module, troubles)
