"""The browser of the tests, and pages that wait as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import FLAGS, find_chromium

PATIENCE = 180_000  # milliseconds: a page gets there or is stuck
FRAMES = """count => new Promise(done => {
  const next = () => count-- > 0 ? requestAnimationFrame(next) : done();
  next();
})"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=str(find_chromium()), args=FLAGS, timeout=PATIENCE
        )
        yield found
        found.close()


@contextmanager
def new_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """An empty page in a context of its own, with these options."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def stop_time(page: Page) -> None:
    """From here on the page's time passes by `page.clock.run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(3600)


def pass_frames(page: Page, count: int = 20) -> None:
    """Let the page draw so many frames: whatever plays or is late has come by then."""
    page.evaluate(FRAMES, count)
