"""What several files of tests need."""

from collections.abc import Iterator

import pytest
import torch
from playwright.sync_api import Page, sync_playwright

from tests.chromium import FLAGS, find_chromium


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Threads only get in each other's way in networks this small, above all on busy cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """An empty page of a browser, for modules that run without a kernel."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        yield browser.new_page()
        browser.close()
