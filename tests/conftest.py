"""What several files of tests need."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import ROOT

if TYPE_CHECKING:  # every process of tests reads this file, and few need these
    from playwright.sync_api import Browser, Page

    from tests.show.figure_page import FigurePage

# A shell starts what runs in the background deaf to interrupts, and so would be what tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Parts of the tests: what builds the book, what reads what it built, and the rest."""
    parser.addoption("--part", choices=("rest", "book", "pages"), help="run only this part")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of other parts than the one that was asked for."""
    part = config.getoption("--part")
    if part is None or collection_path.is_dir():
        return None
    pages = collection_path.parent == ROOT / "tests" / "pages"
    own = ("book" if collection_path.stem == "test_book" else "pages") if pages else "rest"
    return None if own == part else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured with `record_property`, beside their durations."""
    measured = [
        f"{value}  {name}"
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for name, value in report.user_properties
    ]
    if measured:
        terminalreporter.section("measured, and not judged")
        terminalreporter.write("\n".join(measured) + "\n")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Threads only get in each other's way in networks this small, above all on busy cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from tests.pages.browsing import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, for modules that run without a kernel."""
    from tests.pages.browsing import new_page

    with new_page(browser) as found:
        yield found


@pytest.fixture(scope="module")
def served_book() -> Iterator[str]:
    """The address of the built book on a server."""
    from tests.pages.built_book import kept_build
    from tests.pages.served import served

    built = kept_build("digits")
    assert built.status == 0, built.output[-4000:]
    with served(built.html) as address:
        yield address


@pytest.fixture
def figure(
    browser: Browser, served_book: str, request: pytest.FixtureRequest
) -> Iterator[FigurePage]:
    """A figure, live in its page; the parameter is its module and options of the browser."""
    from tests.show.figure_page import opened

    module, options = request.param
    with opened(browser, served_book, module, **options) as found:
        found.wait_until_live()
        yield found
        assert found.troubles == []
