"""Builds that are cut short, run twice at a time, or follow a change of pages: right in the end."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from book._ext.bookext.building import whole
from book._ext.bookext.building.strict import check_contents
from tests.book.tiny_book import ROOT, Book, chapter, environment, make_book
from tests.waiting import PATIENCE, wait_until

WARM = pytest.param(
    True, marks=pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
)
HEADER = "---\nmystnb: {{image: {{alt: a}}, figure: {{name: fig-{name}, caption: A.}}}}\n---\n"
DRAW = """print("{word}")  # as does the text
open("runs", "a").write("{name} ")
import matplotlib.pyplot as plt
plt.plot([1, 2]); None"""
RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\?v=[0-9a-f]{8}")
CONF = """
extensions += ["bookext.pages.previews", "bookext.pages.published", "bookext.pages.figure_data"]
html_baseurl = "https://example.org/"
ogp_social_cards = {"enable": False}
tippy_enable_wikitips = tippy_enable_doitips = False

def cut(app, page, template, context, doctree):
    import os, signal
    from pathlib import Path
    if page == os.environ.get("CUT_AT"):
        for picture in Path(app.outdir).parent.glob("jupyter_execute/**/*.png"):
            picture.write_bytes(b"")  # as if it had not been written in full
        os.kill(os.getpid(), signal.SIGKILL)

def setup(app):
    app.connect("html-page-context", cut)
"""


def running(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def start(book: Book) -> subprocess.Popen[str]:
    return subprocess.Popen(
        book.command(), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def drawing(name: str, word: str) -> str:
    page = chapter(HEADER.format(name=name) + DRAW.format(name=name, word=word))
    return page.replace("Some words", word)


def three_pages(folder: Path) -> Book:
    book = make_book(folder, {f"{name}.md": drawing(name, "robin") for name in ("a", "b", "c")})
    book.write("conf.py", (folder / "conf.py").read_text() + CONF)
    return book


def built(book: Book, **variables: str) -> str:
    done = book.build(**variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def site(book: Book) -> dict[str, str]:
    """The files of the site, without what is random: names of previews, and the order in them."""
    html = book.build_folder / "html"
    return {
        RANDOM.sub("", str(path.relative_to(html))): RANDOM.sub("", path.read_text("latin-1"))
        if "tippy" not in path.parts
        else ""
        for path in html.rglob("*")
        if path.is_file() and path.name != ".buildinfo"
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("warm", [False, WARM])
def test_no_process_outlives_a_build(tmp_path: Path, warm: bool, number: signal.Signals) -> None:
    body = 'import time\nopen("NAME", "w").close()\ntime.sleep(600)'
    names = ("one", "two")
    pages = {f"{name}.md": chapter(body.replace("NAME", name)) for name in names}
    book = make_book(tmp_path, pages, warm=warm)
    with start(book) as build:
        wait_until(lambda: all((tmp_path / name).exists() for name in names), "all kernels")
        started = psutil.Process(build.pid).children(recursive=True)
        assert len(started) >= 2
        build.send_signal(number)  # as a terminal and a system short of memory do, to the build
        wait_until(lambda: not any(map(running, started)), "every process to end")
        assert build.wait(PATIENCE) != 0


@pytest.mark.parametrize("warm", [WARM])
def test_nor_does_one_that_still_loads_libraries(tmp_path: Path, warm: bool) -> None:
    with start(make_book(tmp_path, {"one.md": chapter("1")}, warm=warm)) as build:
        process = psutil.Process(build.pid)
        wait_until(
            lambda: len(process.children()) == 2, "the server"
        )  # and the tracker of resources
        started = process.children()
        build.send_signal(signal.SIGINT)
        wait_until(lambda: not any(map(running, started)), "every process to end")
        assert build.wait(PATIENCE) != 0


def test_nor_does_the_one_that_renders_equations(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        f"sys.path.insert(0, {str(ROOT / 'book/_ext')!r})\n"
        "from bookext.web.equations import prepare, start_renderer\n"
        "prepare(None, None), start_renderer()\n"
        "print(flush=True), time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"\n"
        started = psutil.Process(process.pid).children()  # several where one is slow to answer
        process.kill()
        assert started
        wait_until(lambda: not any(map(running, started)), "node to end")


def test_the_build_after_a_killed_one_is_right(tmp_path: Path) -> None:
    book = three_pages(tmp_path)
    built(book)
    book.write("a.md", drawing("a", "zebra"))
    cut = book.build(CUT_AT="index")
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    outputs = book.build_folder.rglob("base.ipynb")
    of_b = next(path for path in outputs if "fig-b" in path.read_text())
    for path in (book.build_folder / "html/a.html", of_b):
        path.write_bytes(path.read_bytes()[:99])

    assert "cut short" in built(book)
    again = site(book)
    assert (tmp_path / "runs").read_text().count(" ") == 3 + 1 + 1
    assert "zebra" in again["a.html"] and "zebra" in again["searchindex.js"]
    shutil.rmtree(book.build_folder)
    built(book)
    assert site(book) == again
    assert "cut short" not in built(book)


def test_a_build_that_ends_with_a_message_is_not_taken_for_killed(tmp_path: Path) -> None:
    book = three_pages(tmp_path)
    text = drawing("a", "robin")
    book.write("a.md", text.replace("caption: A.", "caption: ''"))
    assert "no caption" in book.build().stderr
    book.write("a.md", text)
    assert "cut short" not in built(book)


def test_pages_and_figures_that_are_no_more_leave_nothing(tmp_path: Path) -> None:
    book = three_pages(tmp_path / "book")
    built(book)
    book.write("d/e.md", (book.folder / "b.md").read_text().replace("fig-b", "fig-e"))
    (book.folder / "b.md").unlink()
    book.write("c.md", drawing("d", "robin").replace("[1, 2]", "[2, 1]"))
    index = (book.folder / "index.md").read_text()
    book.write("index.md", index.replace("\nb\n", "\nd/e\n"))
    built(book)
    found = site(book)
    assert "fig-e" in found["d/e.html"]
    shutil.rmtree(book.build_folder)
    built(book)
    assert set(site(book)) == set(found)


def test_a_copied_book_builds_with_the_outputs_it_has(tmp_path: Path) -> None:
    book = three_pages(tmp_path / "book")
    built(book)
    copy = Book(tmp_path / "copy")
    shutil.copytree(book.folder, copy.folder)
    before = site(book)
    assert "Executing" not in built(copy)
    assert site(copy) == site(book) == before


def test_a_second_build_waits_for_the_first(tmp_path: Path) -> None:
    body = (
        "import time\nfrom pathlib import Path\nopen('runs', 'a').write('x')\n"
        "while not Path('go').exists(): time.sleep(0.1)"
    )
    book = make_book(tmp_path, {"one.md": chapter(body)})
    with start(book) as first:
        wait_until((tmp_path / "runs").exists, "the first build to run")
        with start(book) as second:
            assert second.stdout is not None
            assert any("Another build" in line for line in second.stdout)
            (tmp_path / "go").touch()
            assert first.wait(PATIENCE) == 0
            output = second.stdout.read()
            assert second.wait(PATIENCE) == 0, output
    assert (tmp_path / "runs").read_text() == "x"


def test_a_page_that_cannot_be_read_stops_a_build_before_chapters_run(tmp_path: Path) -> None:
    book = make_book(tmp_path, {"bad.md": drawing("a", "robin").replace("mystnb: {", "mystnb: {{")})
    book.write("good.md", drawing("b", "robin"))
    done = book.build()
    assert done.returncode == 1 and f"{tmp_path / 'bad.md'}: " in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "runs").exists()


def test_contents_without_their_page_stop_a_build_before_chapters_run() -> None:
    app: Any = SimpleNamespace(config=SimpleNamespace(external_site_map={"one": 1, "two": 2}))
    with pytest.raises(SystemExit, match="two"):
        check_contents(app, SimpleNamespace(found_docs={"one"}))
    assert check_contents(app, SimpleNamespace(found_docs={"one", "two", "three"})) == []


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml"])
def test_an_error_in_a_yaml_file_is_said_in_short(tmp_path: Path, name: str) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/build.py", tmp_path / "tools")
    for other in ("_config.yml", "_toc.yml"):
        (tmp_path / other).write_text("a: 1\nb: 2: 3\n" if other == name else "a: 1\n")
    command = [sys.executable, "-m", "tools.build"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f'in "{name}", line 2' in done.stderr and "Traceback" not in done.stderr


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said: list[str] = []
    monkeypatch.setattr(whole, "logger", SimpleNamespace(error=lambda text, *_: said.append(text)))
    app: Any = SimpleNamespace(outdir=tmp_path / "html")
    for free, errors in ((1 << 30, 0), (4096, 1)):
        whole.begin(app, None)
        monkeypatch.setattr(
            whole.shutil, "disk_usage", lambda _, free=free: SimpleNamespace(free=free)
        )
        whole.end(app, OSError())
        assert len(said) == errors


@pytest.mark.parametrize(
    ("port", "message"),
    [("abc", "is no port"), ("80000", "is no port"), ("-1", "is no port"), ("busy", "make serve")],
)
def test_a_port_that_cannot_be_had_is_said_before_the_build(
    tmp_path: Path, port: str, message: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = port.replace("busy", str(other.getsockname()[1]))
        command = [sys.executable, "-m", "tools.serve", port, "touch", str(tmp_path / "built")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr and port in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "built").exists()


def test_a_failed_build_is_not_served() -> None:
    command = [sys.executable, "-m", "tools.serve", "0", sys.executable, "-c", "exit(3)"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 3
