"""The whole book: it builds cleanly, and its pages are complete."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from myst_nb.ext.glue import GLUE_PREFIX

from book._ext.bookext.building.environment import kernel_variables
from book._ext.bookext.execution.chapters import Chapter
from book._ext.bookext.execution.running import Result, run_all
from book._ext.bookext.execution.warm_kernels import start_server
from tests.pages.built_book import (
    ANOTHER_WORD,
    ROOT,
    Built,
    build_with_another_word,
    fresh_build,
    has_mnist,
)

pytestmark = pytest.mark.slow
WITHOUT_DATA = {"book/theory/concept", "book/practice/hands-on", "book/practice/grader"}

TIMING = re.compile(r"time|second|speed|slower|faster|cost", re.IGNORECASE)


@pytest.fixture(scope="session")
def digits() -> Built:
    return fresh_build("digits")


@pytest.fixture(scope="session", params=["digits", "mnist"])
def built(request: pytest.FixtureRequest) -> Built:
    if request.param == "mnist" and not has_mnist():
        pytest.skip("MNIST is not here: `make data` fetches it, or BNUTILS_DATA names its folder")
    return fresh_build(request.param)


def test_build_is_clean(built: Built, record_property: Callable[[str, object], None]) -> None:
    longest = sorted(built.durations.items(), key=lambda item: -item[1])[:5]
    record_property(f"cold build with {built.dataset}, longest {longest}", f"{built.seconds:.0f} s")
    assert built.status == 0, built.output[-8000:]
    assert "WARNING" not in built.output
    assert (built.html / "index.html").exists()


def test_every_page_is_there_and_linked(built: Built) -> None:
    links = built.soup("book/intro").select("nav.bd-docs-nav a[href]")
    linked = {os.path.normpath(f"book/{link['href']}") for link in links}
    for name in built.pages:
        assert (built.html / f"{name}.html").exists(), name
        assert name == "book/intro" or f"{name}.html" in linked, name


def test_chapters_state_their_data(built: Built) -> None:
    assert built.chapters
    for name in built.chapters:
        if name in ("book/intro", "book/playground"):  # which train in the browser
            continue
        if name in WITHOUT_DATA:  # which train nothing
            assert "load(" not in (built.source / f"{name}.md").read_text("utf-8")
            continue
        first = built.soup(name).select_one("div.cell div.cell_output pre")
        assert first is not None, f"{name} says nothing of its data"
        assert first.get_text().startswith("Data:"), f"{name}: {first.get_text()!r}"
        assert built.dataset in first.get_text().lower().replace("-", ""), name
        for head in built.soup(name).select(".bn-head > ul"):  # the line under a chapter's title
            (data,) = head.select("[title]")
            assert data["title"] == f"BNUTILS_DATASET={built.dataset}", name
            assert data.get_text().partition(": ")[0] in first.get_text(), name


def test_images_have_alternative_text(built: Built) -> None:
    for name in built.pages:
        soup = built.soup(name)
        for image in soup.select("article.bd-article img"):
            assert str(image.get("alt", "")).strip(), f"{name}: {image}"
        assert not soup.select("img:not([alt])"), name  # the logo's is empty: its name is beside it


def test_nothing_comes_from_other_hosts(built: Built) -> None:
    loading = "script[src], img[src], iframe[src], source[src], link[href]:not([rel=canonical])"
    for path in built.html.rglob("*.html"):
        name = path.relative_to(built.html).with_suffix("").as_posix()
        for element in built.soup(name).select(loading):
            address = str(element.get("src") or element.get("href"))
            assert not re.match(r"(https?:)?//", address), f"{name}: {address}"


def test_no_markup_is_left_over(built: Built) -> None:
    for name in built.pages:
        words = built.article(name)
        found = re.findall(r"\{[a-z]+(?::[a-z]+)?\}|glue:|:::|```|^\([a-z-]+\)=", words, re.M)
        assert not found, f"{name}: {found}"
        assert not re.search(r"\b(nan|inf)\b", words), f"{name} shows a number that is none"


def test_pages_show_no_warnings_and_no_place_of_this_machine(built: Built) -> None:
    for name in built.pages:
        soup = built.soup(name)
        assert not soup.select("div.output.stderr, div.output.traceback"), name
        text = soup.get_text()
        assert str(ROOT) not in text and str(built.source) not in text, name


def test_chapters_can_be_launched(digits: Built) -> None:
    branch = "/OWNER/batch-normalization-measured/blob/notebooks"
    for name in digits.chapters:
        links = digits.soup(name).select(".dropdown-launch-buttons a[href]")
        assert {link.get_text().strip(): link["href"] for link in links} == {
            "Binder": "https://mybinder.org/v2/gh/OWNER/batch-normalization-measured/notebooks"
            f"?urlpath=lab/tree/{name}.ipynb",
            "Colab": f"https://colab.research.google.com/github{branch}/{name}.ipynb",
            "Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com{branch}/{name}.ipynb",
        }
        pictures = digits.soup(name).select("img[src]")
        assert not [img for img in pictures if str(img["src"]).startswith(("http", "//"))], name


def test_one_word_is_rebuilt_without_running_code(
    digits: Built, record_property: Callable[[str, object], None]
) -> None:
    assert digits.status == 0, "there is no clean build to start from"
    chapter, again = build_with_another_word(digits)
    record_property("build after a word was added", f"{again.seconds:.1f} s")
    assert again.status == 0, again.output[-8000:]
    assert "Executing" not in again.output
    assert f"{ANOTHER_WORD}." in again.article(chapter)


def glued(values: dict[str, object]) -> dict[str, object]:
    """The named numbers of a chapter, those that measure time left out."""
    return {name: value for name, value in values.items() if not TIMING.search(name)}


def pasted(notebook: nbformat.NotebookNode) -> dict[str, object]:
    """The named numbers in the outputs of a notebook."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name is not None:
                found[name] = {
                    kind.removeprefix(GLUE_PREFIX): value for kind, value in output["data"].items()
                }
    return found


def test_the_same_numbers_come_out_again(
    digits: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = kernel_variables(digits.source, tmp_path)
    for name, value in {**variables, "BNUTILS_DATASET": "digits"}.items():
        monkeypatch.setenv(name, value)
    executed = digits.build_folder / "jupyter_execute"
    candidates = [name for name in digits.chapters if (executed / f"{name}.glue.json").exists()]
    candidates.sort(key=lambda name: digits.durations[name])
    chosen = [
        name
        for i, name in enumerate(candidates)
        if i < 2 or sum(digits.durations[n] for n in candidates[: i + 1]) < 30
    ]
    chapters = [
        Chapter(name, digits.source / f"{name}.md", nbformat.read(executed / f"{name}.ipynb", 4))
        for name in chosen
    ]
    before = {
        name: glued(
            {
                key: dict(output["data"])
                for key, output in json.loads((executed / f"{name}.glue.json").read_text()).items()
            }
        )
        for name in chosen
    }
    assert any(before.values()), "no chapter that was run again has numbers"
    results: list[Result] = []
    run_all(chapters, 2, 900, start_server(), results.append)
    assert [result.failure for result in results if result.failure] == []
    for result in results:
        name = result.chapter.name
        assert glued(pasted(result.chapter.notebook)) == before[name], name
