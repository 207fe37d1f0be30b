"""What the book's Sphinx extensions promise, tried on small books."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from book._ext.bookext.building import repository
from book._ext.bookext.building.repository import set_address, write_address
from book._ext.bookext.web.theme import tidy
from tests.book.tiny_book import ROOT, Book, chapter, described, drawn, environment, make_book
from tests.waiting import PATIENCE

ALT = {"alt": "A line that rises."}
CAPTION = {"name": "fig-line", "caption": "A line."}

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


def test_figure_with_alternative_text_and_caption_passes(tmp_path: Path) -> None:
    pages = {"good.ipynb": drawn({"image": ALT, "figure": CAPTION})}
    built = make_book(tmp_path, pages, mode="off").build()
    assert built.returncode == 0, built.stderr
    html = (tmp_path / "_build/html/good.html").read_text()
    assert 'alt="A line that rises."' in html
    assert "<figcaption>" in html


def test_an_image_may_bring_its_words_and_have_its_caption_in_the_text(tmp_path: Path) -> None:
    pages = {
        "good.ipynb": described("A dot.", "*Figure 1. A dot.*"),
        "mute.ipynb": described(" ", "*Figure 1. A dot.*"),
        "bare.ipynb": described("A dot.", "Another subject."),
        "last.ipynb": described("A dot."),
    }
    built = make_book(tmp_path, pages, mode="off").build()
    assert built.returncode != 0
    lacks = {
        Path(line.split(":")[0]).name: line.rpartition(": ")[2]
        for line in built.stderr.splitlines()
        if ": no " in line
    }
    wanted = {"mute.ipynb": "no alternative text", "bare.ipynb": "no caption"}
    assert lacks == wanted | {"last.ipynb": "no caption"}


def test_incomplete_figures_of_all_pages_stop_the_build(tmp_path: Path) -> None:
    pages = {
        "good.ipynb": drawn({"image": ALT, "figure": CAPTION}),
        "no_alt.ipynb": drawn({"figure": {"name": "fig-mute", "caption": "A line."}}),
        "blank_alt.ipynb": drawn({"image": {"alt": " "}, "figure": {"caption": "A line."}}),
        "no_caption.ipynb": drawn({"image": ALT, "figure": {"name": "fig-bare"}}),
        "no_figure.ipynb": drawn({"image": ALT}),
        "hand.md": "# By hand\n\n![](dot.png)\n",
        "raw.md": '# Raw\n\n<div><img src="dot.png"></div>\n',
    }
    book = make_book(tmp_path, pages, mode="off")
    book.write("dot.png", b"")
    for _ in range(2):  # the second build must not pass because nothing changed
        built = book.build()
        assert built.returncode != 0
        report = {
            Path(line.split(":")[0]).name: line
            for line in built.stderr.splitlines()
            if ": no " in line
        }
        assert set(report) == set(pages) - {"good.ipynb"}
        assert "figure 'fig-mute': no alternative text" in report["no_alt.ipynb"]
        assert "no alternative text" in report["blank_alt.ipynb"]
        assert "figure 'fig-bare': no caption" in report["no_caption.ipynb"]
        assert "no caption" in report["no_figure.ipynb"]
        assert "no alternative text" in report["hand.md"]
        assert "no alternative text" in report["raw.md"]
        assert "Traceback" not in built.stderr


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


def test_other_data_run_every_chapter_and_are_kept(copied: Book) -> None:
    assert rebuilt(copied, BNUTILS_DATASET="mnist") == (1, 1)
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


@pytest.mark.parametrize("warm", [False, WARM])
def test_a_figure_stays_in_its_cell(tmp_path: Path, warm: bool) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([0, NUMBER])\nplt.title('NUMBER'); None"
    cells = [
        "---\nmystnb: {image: {alt: a line}, figure: {name: fig-NUMBER, caption: A line}}\n---\n"
        + draw
    ]
    page = chapter(*(cells[0].replace("NUMBER", str(number)) for number in (1, 2)))
    book = make_book(tmp_path, {"figures.md": page}, warm=warm)
    built = book.build()
    assert built.returncode == 0, built.stderr
    html = (book.build_folder / "html" / "figures.html").read_text()
    assert html.count("<figure") == 2
    assert html.index('id="fig-1"') < html.index('id="fig-2"')


def test_unknown_and_repeated_glue_names_fail(tmp_path: Path) -> None:
    glued = 'from myst_nb import glue\nglue("x-share", "12 %", display=False)'
    pages = {
        "one.md": chapter(glued) + "\nIt is {glue:text}`x-share`, not {glue:text}`x-none`.\n",
        "two.md": chapter(glued) + "\nIt is {glue:text}`x-share`.\n",
    }
    book = make_book(tmp_path, pages)
    for _ in range(2):  # the second build must not pass because nothing changed
        built = book.build()
        assert built.returncode != 0
        assert "No key 'x-none' found in glue data" in built.stderr
        assert "the glued name 'x-share' is used by one and two" in built.stderr


def test_pasted_number_follows_its_source(tmp_path: Path) -> None:
    glued = 'from myst_nb import glue\nglue("x-share", "{}", display=False)'
    pages = {
        "one.md": chapter(glued.format("12 %")),
        "words.md": "# Words\n\nIt is {glue:text}`one.md::x-share`.\n",
    }
    book = make_book(tmp_path, pages)
    for share in ("12 %", "34 %"):
        book.write("one.md", chapter(glued.format(share)))
        built = book.build()
        assert built.returncode == 0, built.stderr
        assert share in (book.build_folder / "html/words.html").read_text()


@pytest.mark.parametrize(
    ("repository", "site"),
    [
        ("Ada/bn-book", "https://ada.github.io/bn-book/"),
        ("Ada/ada.github.io", "https://ada.github.io/"),
    ],
)
def test_address_comes_from_the_environment(repository: str, site: str) -> None:
    config = SimpleNamespace(html_theme_options={"repository_url": "x"}, html_baseurl="y")
    set_address(config, {})  # type: ignore[arg-type]
    assert (config.html_theme_options["repository_url"], config.html_baseurl) == ("x", "y")
    variables = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": repository}
    set_address(config, variables)  # type: ignore[arg-type]
    assert config.html_theme_options["repository_url"] == f"https://github.com/{repository}"
    assert config.html_baseurl == site
    badge = ["x https://example.org/OWNER/batch-normalization-measured/blob y"]
    write_address(badge, {})
    assert "/OWNER/" in badge[0]
    write_address(badge, variables)
    assert badge == [f"x https://example.org/{repository}/blob y"]


@pytest.mark.parametrize("owner", ["OWNER", "ada"])
def test_a_placeholder_in_addresses_is_said_once(
    monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        repository, "logger", SimpleNamespace(info=lambda text, *_: said.append(text))
    )
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    repository.use_address(None, SimpleNamespace(html_baseurl=f"https://{owner}.github.io/b/"))  # type: ignore[arg-type]
    assert len(said) == (owner == "OWNER")


def test_tidy_changes_nothing_twice() -> None:
    html = (
        '<head><!-- So that users can add custom icons -->\n  <script src="../_static/scripts/'
        'fontawesome.js?digest=1"></script><script src="x.js"></script></head>'
        '<button class="btn search-button-field" title="Search" aria-label="Search">'
        '<summary aria-label="Toggle hidden content">Show</summary>'
    )
    once = tidy(html)
    assert once == tidy(once)
    assert "fontawesome" not in once and "x.js" in once and "aria-label" not in once


def test_a_longer_run_does_not_take_the_outputs_of_a_shorter_one(
    tmp_path: Path,
) -> None:
    book = make_book(tmp_path, {"one.md": recorded("one", "")})
    for effort in ("1", "1", "10"):
        assert book.build(BNUTILS_EFFORT=effort).returncode == 0
    assert len(runs(book, "one")) == 2
