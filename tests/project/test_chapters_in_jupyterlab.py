"""A chapter's Markdown in JupyterLab: a notebook, and the same file after it has run."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupytext import reads, writes
from jupytext.config import load_jupytext_configuration_file
from playwright.sync_api import Browser, expect

from tests import ROOT
from tests.project.jupyterlab import TOKEN, jupyterlab
from tests.waiting import PATIENCE, wait_until

CHAPTERS = [
    f"{entry}.md" for entry in re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
]
SHORT = "book/playground.md"
WITH_FIGURES = "book/theory/backward.md"


def is_myst(chapter: str) -> bool:
    return "format_name: myst" in (ROOT / chapter).read_text()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chapters and the settings, as in a clone."""
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "book", clone / "book")
    shutil.copy(ROOT / "pyproject.toml", clone)
    return clone


@pytest.fixture(scope="module")
def lab(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyterlab(clone, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.mark.parametrize("chapter", list(filter(is_myst, CHAPTERS)))
def test_to_be_read_and_written_changes_nothing(chapter: str) -> None:
    """JupyterLab names the kernel as it likes."""
    text = (ROOT / chapter).read_text()
    config = load_jupytext_configuration_file(str(ROOT / "pyproject.toml"))
    notebook = reads(text, fmt="md:myst", config=config)
    name = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata["kernelspec"] = name
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    assert writes(notebook, fmt="md:myst", config=config) == text, (
        f"JupyterLab would write {chapter} otherwise: run .venv/bin/jupytext --to md:myst {chapter}"
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_jupyter_reads_the_chapter_as_a_notebook(lab: str, chapter: str) -> None:
    source = (ROOT / chapter).read_text()
    if not is_myst(chapter):
        assert not re.search(r"^:::", source, re.M), (
            "Jupytext takes a page with ::: and without its front matter for Pandoc's Markdown, "
            "and does not open it: fence with ``` or add the front matter"
        )
    address = f"{lab}/api/contents/{chapter}?type=notebook&token={TOKEN}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as reply:
        notebook: dict[str, Any] = json.load(reply)["content"]
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) == len(re.findall(r"^```\{code-cell\}", source, re.M))
    if code:
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def is_connected(lab: str, chapter: str) -> bool:
    """Whether a page speaks with the kernel of a chapter; before, it forgets what is to run."""
    with urllib.request.urlopen(f"{lab}/api/sessions?token={TOKEN}", timeout=PATIENCE) as reply:
        kernels = [session["kernel"] for session in json.load(reply) if session["path"] == chapter]
    return any(k["connections"] and k["execution_state"] == "idle" for k in kernels)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", [SHORT, WITH_FIGURES])
def test_a_chapter_that_is_opened_run_and_saved_keeps_its_file(
    lab: str, clone: Path, browser: Browser, chapter: str
) -> None:
    file = clone / chapter
    before, saved = file.read_bytes(), file.stat().st_mtime_ns
    # JupyterLab draws the cells that are in sight.
    page = browser.new_page(viewport={"width": 1200, "height": 20_000})
    page.goto(f"{lab}/lab/tree/{chapter}?token={TOKEN}&reset")
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-Cell").first.wait_for(timeout=1000 * PATIENCE)
    assert page.locator(".jp-FileEditor").count() == 0
    ready = panel.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    expect(ready).to_have_count(1, timeout=1000 * PATIENCE)
    wait_until(lambda: is_connected(lab, chapter), "a kernel that the page is connected to")
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    last = panel.locator(".jp-CodeCell .jp-InputPrompt").last
    expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=1000 * PATIENCE)
    page.keyboard.press("Control+s")
    wait_until(lambda: file.stat().st_mtime_ns != saved, "the file to be saved")
    page.locator(".jp-mod-dirty").wait_for(state="detached", timeout=1000 * PATIENCE)
    page.close()
    assert file.read_bytes() == before
