"""The browser of the tests, and pages that wait as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.chromium import FLAGS, find_chromium

AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    # A formula in a head cell is MathML, which this rule does not count as text.
    "rules": {"empty-table-header": {"enabled": False}},
    "resultTypes": ["violations"],
}
# Code and formulas are thousands of small parts in a few colours. Parts of one look on one
# background have one contrast: the first is looked at, the others are hidden meanwhile.
JUDGE = r"""async ([within, options]) => {
  const PAINTED = ["color-contrast", "link-in-text-block", "target-size"]; // ask where things lie
  const grounds = new Map([[null, ""]]), seen = new Set(), alike = [];
  const ground = e => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e), own = [s.backgroundColor, s.backgroundImage, s.opacity,
        s.filter, s.mixBlendMode, s.clip, s.clipPath].join();
      const above = ground(e.parentElement);
      grounds.set(e, above.endsWith(own) ? above : `${above};${own}`);
    }
    return grounds.get(e);
  };
  for (const e of document.querySelector(within).querySelectorAll("pre span, .katex-html span")) {
    if (e.childElementCount || !e.checkVisibility({ visibilityProperty: true })) continue;
    const s = getComputedStyle(e), text = e.textContent.trim();
    const readable = text.length > 1 && /[\p{L}\p{N}]/u.test(text);  // axe judges no other
    const look = [s.color, s.fontSize, s.fontWeight, s.textShadow, readable, ground(e)].join();
    if (seen.has(look)) alike.push(e); else seen.add(look);
  }
  for (const rule of alike.length ? PAINTED : []) options.rules[rule] = { enabled: false };
  const found = await axe.run(within, options);
  if (!alike.length) return found;
  alike.forEach(e => { e.style.visibility = "hidden"; });
  const painted = await axe.run(within, { ...options, runOnly: PAINTED, rules: {} });
  alike.forEach(e => { e.style.removeProperty("visibility"); });
  found.violations.push(...painted.violations);
  return found;
}"""
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


def inaccessible(page: Page, within: str = "html") -> str:
    """What of a part of the page shuts readers out, as a report; empty where nothing does."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    found = AxeResults(page.evaluate(JUDGE, [within, AXE]))
    return str(found.generate_report()) if found.violations_count else ""


def stop_time(page: Page) -> None:
    """From here on the page's time passes by `page.clock.run_for` alone."""
    page.clock.install(time=0)
    page.clock.pause_at(3600)


def pass_frames(page: Page, count: int = 20) -> None:
    """Let the page draw so many frames: whatever plays or is late has come by then."""
    page.evaluate(FRAMES, count)


def unanswered(request: Request) -> list[str]:
    """Says what a page did not get; leaving a page ends what it still asks for."""
    left = "ERR_ABORTED" in (request.failure or "")
    return [] if left else [f"no answer: {request.url}"]
