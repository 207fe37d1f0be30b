"""Chapters run when something they depend on has changed, and only then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.book.tiny_book import ROOT, Book, chapter, environment, make_book
from tests.waiting import PATIENCE

# Each run of a chapter appends a line "start stop" to a file named after it.
RECORD = """
import time
from collections.abc import Callable, Iterator
from pathlib import Path
started = time.time()
{body}
with Path("{name}.log").open("a") as log:
    print(started, time.time(), file=log)
"""


def runs(book: Book, name: str) -> list[tuple[float, float]]:
    path = book.folder / f"{name}.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(float(a), float(b)) for a, b in (line.split() for line in lines)]


def recorded(name: str, body: str) -> str:
    return chapter(RECORD.format(name=name, body=body), "print(6 * 7)")


def test_data_that_cannot_be_had_stops_the_build(tmp_path: Path) -> None:
    built = make_book(tmp_path, {"one.md": chapter("1")}).build(BNUTILS_DATASET="missing")
    assert built.returncode != 0
    assert "the data set 'missing' is not in the folder data: run make data" in built.stderr
    assert "Traceback" not in built.stderr
    assert not (tmp_path / "_build/html/one.html").exists()


@pytest.fixture(scope="module")
def two_chapters(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A built book of two chapters that use different modules of the package."""
    together = (
        'Path("{}").touch()\n'
        "while not Path('{}').exists() and time.time() < started + {}:\n"
        "    time.sleep(0.02)\n"
    )
    limit = PATIENCE / 3 if len(os.sched_getaffinity(0)) > 1 else 0  # one core runs one at a time
    pages = {
        f"{name}.md": recorded(
            name, f"from bnutils.{module} import value\n{together.format(name, other, limit)}"
        )
        for name, other, module in (("one", "two", "first"), ("two", "one", "second"))
    }
    book = make_book(tmp_path_factory.mktemp("two"), pages)
    book.write("bnutils/first.py", "value = 1\n")
    book.write("bnutils/second.py", "from bnutils.deep import value\n")
    book.write("bnutils/deep.py", "value = 2\n")
    built = book.build()
    assert built.returncode == 0, built.stderr
    return book


@pytest.fixture
def copied(two_chapters: Book, tmp_path: Path) -> Iterator[Book]:
    """The same book, at the same place in every test; changes are undone afterwards."""
    kept = tmp_path / "kept"
    shutil.copytree(two_chapters.folder, kept, symlinks=True)
    yield two_chapters
    shutil.rmtree(two_chapters.folder)
    shutil.copytree(kept, two_chapters.folder, symlinks=True)


def rebuilt(book: Book, **variables: str) -> tuple[int, int]:
    """How often a further build ran each chapter."""
    before = [len(runs(book, name)) for name in ("one", "two")]
    built = book.build(**variables)
    assert built.returncode == 0, built.stderr
    after = [len(runs(book, name)) for name in ("one", "two")]
    return after[0] - before[0], after[1] - before[1]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core runs one kernel at a time")
def test_chapters_run_at_the_same_time(two_chapters: Book) -> None:
    (start_one, stop_one), (start_two, stop_two) = (
        runs(two_chapters, name)[0] for name in ("one", "two")
    )
    assert max(start_one, start_two) < min(stop_one, stop_two)


def test_outputs_reach_the_pages(two_chapters: Book) -> None:
    html = (two_chapters.build_folder / "html/one.html").read_text()
    assert "42" in html


def test_nothing_runs_when_nothing_changed(copied: Book) -> None:
    assert rebuilt(copied) == (0, 0)


def test_words_captions_and_tags_do_not_run_code(copied: Book) -> None:
    text = (copied.folder / "one.md").read_text()
    text = text.replace("Some words", "Other words")
    text = text.replace("python\nprint(6", "python\n:tags: [hide-input]\n\nprint(6")
    copied.write("one.md", text)
    assert rebuilt(copied) == (0, 0)
    html = (copied.build_folder / "html/one.html").read_text()
    assert "Other words" in html and "42" in html and "hide-input" in html


def test_changed_code_runs_that_chapter(copied: Book) -> None:
    text = (copied.folder / "one.md").read_text()
    copied.write("one.md", text.replace("6 * 7", "6 * 8"))
    assert rebuilt(copied) == (1, 0)
    assert "48" in (copied.build_folder / "html/one.html").read_text()


def test_changed_module_runs_the_chapters_that_import_it(copied: Book) -> None:
    copied.write("bnutils/deep.py", "value = 3\n")
    assert rebuilt(copied) == (0, 1)


def test_other_data_and_longer_runs_run_every_chapter_and_are_kept(copied: Book) -> None:
    assert rebuilt(copied, BNUTILS_DATASET="mnist") == (1, 1)
    assert rebuilt(copied, BNUTILS_EFFORT="10") == (1, 1)
    assert rebuilt(copied, BNUTILS_DATASET="digits") == (0, 0)


def test_failing_cell_fails_jupyter_book_and_is_named(tmp_path: Path) -> None:
    pages = {
        "bad.md": chapter("answer = 42", "answer / 0"),
        "good.md": recorded("good", ""),
    }
    book = make_book(tmp_path, pages)
    book.write("_toc.yml", "format: jb-book\nroot: index\nchapters: [{file: bad}, {file: good}]\n")
    book.write("index.md", "# Book\n")
    book.write(
        "_config.yml",
        "execute: {execute_notebooks: cache}\nexclude_patterns: [conf.py]\n"
        "sphinx: {local_extensions: {bookext.execution.stale: "
        f"'{ROOT / 'book' / '_ext'}'}}}}\n",
    )
    command = [str(Path(sysconfig.get_path("scripts")) / "jupyter-book"), "build", str(tmp_path)]
    built = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert built.returncode != 0
    line = (tmp_path / "bad.md").read_text().splitlines().index("answer / 0")
    assert f"bad.md:{line}: code cell 2 failed" in built.stderr
    assert "ZeroDivisionError: division by zero" in built.stderr
    assert 'File "' not in built.stderr, "a traceback of the tools hides the cell's own"
    assert len(runs(book, "good")) == 1


def test_a_best_rate_on_the_edge_stops_the_build_unless_that_is_said(tmp_path: Path) -> None:
    setup = "import warnings\nfrom bnutils.training.curves import EdgeOfGrid"
    warn = 'warnings.warn("0.3 is the largest rate that was tried", EdgeOfGrid)'
    said = f'warnings.simplefilter("ignore", EdgeOfGrid)\n{warn}'
    book = make_book(tmp_path, {"one.md": chapter(setup, warn), "two.md": chapter(setup, said)})
    book.write("bnutils/training/__init__.py", "")
    book.write("bnutils/training/curves.py", "class EdgeOfGrid(UserWarning): ...\n")
    for _ in range(2):  # the second build must not pass because nothing changed
        built = book.build()
        assert built.returncode != 0
        line = (tmp_path / "one.md").read_text().splitlines().index(warn)
        assert f"one.md:{line}: code cell 2 failed" in built.stderr
        assert "EdgeOfGrid: 0.3 is the largest rate" in built.stderr
        assert "Try wider rates" in built.stderr and "two.md" not in built.stderr
    book.write("one.md", chapter(setup, said))
    assert book.build().returncode == 0


WARM = pytest.param(
    True, marks=pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
)


@pytest.mark.parametrize("warm", [WARM])
def test_warm_kernels_have_the_libraries_and_nothing_else_in_common(
    tmp_path: Path, warm: bool
) -> None:
    body = (
        "import json, os, sys\nloaded = 'torch' in sys.modules\nimport torch\n"
        "made = torch.rand(1).item(), 'left' in globals(), hasattr(torch, 'left')\n"
        "torch.left = left = True\n"
        "extensions = any(path.endswith('_ext') for path in sys.path)\n"
        "json.dump([os.getpid(), loaded, made, os.getcwd(), extensions], open('NAME', 'w'))"
    )
    names = ("one", "two")
    pages = {f"{name}.md": chapter(body.replace("NAME", name)) for name in names}
    built = make_book(tmp_path, pages, warm=warm).build()
    assert built.returncode == 0, built.stderr
    one, two = (json.loads((tmp_path / name).read_text()) for name in names)
    assert one[0] != two[0]
    assert one[1:] == two[1:]
    assert one[1] is True and one[2][1:] == [False, False]
    assert one[3] == str(tmp_path) and one[4] is False
