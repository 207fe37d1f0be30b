"""Measure what one waits for: set-up, builds of the book, and figures that train in their pages.

    python -m tests.bench

Builds from nothing with digits, and with MNIST where it is; the times hold for this machine and
for what else it does meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import time

from playwright.sync_api import Page

from tests.pages.browsing import chromium, new_page
from tests.pages.built_book import ROOT, Built, build_with_another_word, fresh_build, has_mnist
from tests.pages.served import served

LONG_TASKS = """window.tasks = [0];
new PerformanceObserver((list) => list.getEntries().forEach((e) => tasks.push(e.duration)))
  .observe({ type: "longtask", buffered: true });"""
NOW = '[performance.now(), Number(document.querySelector(".bn-counter").textContent.slice(5))]'
BEGUN = f"{NOW}[1] > 0"
MEASURED = 1500  # milliseconds of a training


def say(what: str, value: str) -> None:
    print(f"{value:>14}  {what}", flush=True)


def set_up_again() -> None:
    since = time.perf_counter()
    subprocess.run(["make", "setup"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    say("set-up that finds everything in place", f"{time.perf_counter() - since:.2f} s")


def built(dataset: str) -> Built:
    """The book, built from nothing."""
    found = fresh_build(dataset)
    if found.status:
        sys.exit(f"{found.output}\nThe book does not build; nothing more is measured.")
    say(f"build from nothing with {dataset}", f"{found.seconds:.0f} s")
    return found


def figure(page: Page, address: str, play: bool) -> None:
    """A figure that trains; one that does not on its own is played."""
    page.add_init_script(LONG_TASKS)
    page.goto(address)
    page.wait_for_selector('.bn-explorable[data-state="live"]')
    if play:
        page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(BEGUN)
    since, before = page.evaluate(NOW)
    page.wait_for_timeout(MEASURED)
    now, after = page.evaluate(NOW)
    name = address.rpartition("/")[2]
    say(f"training in {name}", f"{1000 * (after - before) / (now - since):.0f} steps/s")
    say(f"longest task of {name}; 0: none over 50 ms", f"{max(page.evaluate('tasks')):.0f} ms")


def main() -> None:
    set_up_again()
    book = built("digits")
    with chromium() as browser, served(book.html) as address:
        for name, play in (("intro", False), ("playground", True)):
            with new_page(browser) as page:
                figure(page, f"{address}/book/{name}.html", play)
    say("build after a word was added", f"{build_with_another_word(book)[1].seconds:.1f} s")
    if has_mnist():
        built("mnist")


if __name__ == "__main__":
    main()
