"""The whole book, built for the tests from a copy of its sources, and kept until those change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import yaml
from bs4 import BeautifulSoup, NavigableString, Tag
from filelock import FileLock

from tests import ROOT

SOURCES = ("_config.yml", "_toc.yml", "CITATION.cff", "requirements.txt", "book", "bnutils")
NO_SOURCES = {"__pycache__", ".ipynb_checkpoints"}
KEPT = ROOT / "_build" / "tests"
ANOTHER_WORD = "Anotherword"
MNIST = Path(os.environ.get("BNUTILS_DATA") or ROOT / "data") / "MNIST" / "raw"
JUPYTER_BOOK = Path(sysconfig.get_path("scripts")) / "jupyter-book"


@dataclass(frozen=True)
class Built:
    """A build: where, with what result, what it said, and how long it took."""

    source: Path
    dataset: str
    status: int
    output: str
    seconds: float

    @property
    def build_folder(self) -> Path:
        return self.source / "_build"

    @property
    def html(self) -> Path:
        return self.build_folder / "html"

    @property
    def pages(self) -> list[str]:
        """Names of the book's own pages, such as book/theory/concept."""
        return list(contents(yaml.safe_load((self.source / "_toc.yml").read_text())))

    @property
    def chapters(self) -> list[str]:
        """Names of the pages with code cells."""
        executed = self.build_folder / "jupyter_execute"
        return [name for name in self.pages if (executed / f"{name}.ipynb").exists()]

    @property
    def durations(self) -> dict[str, float]:
        """Seconds each chapter took."""
        path = self.build_folder / ".jupyter_cache" / "durations.json"
        found = json.loads(path.read_text()) if path.exists() else {}
        return {name.split(" ", 1)[1]: seconds for name, seconds in found.items()}

    def soup(self, name: str) -> BeautifulSoup:
        """A page, to be read only: every test gets the same tree."""
        path = self.html / f"{name}.html"
        return parsed(path, path.stat().st_mtime_ns)

    def article(self, name: str) -> str:
        """Words of a page outside code and mathematics."""
        (article,) = self.soup(name).select("article.bd-article")
        return " ".join(texts(article, article.select("pre, code, .math")))


@cache
def parsed(path: Path, written: int) -> BeautifulSoup:
    """The tree of a page as it was written at that time."""
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def texts(part: Tag, left_out: Iterable[Tag]) -> Iterator[str]:
    """The texts of a part, without those in elements that are left out."""
    hidden = {id(tag) for tag in left_out}

    def inside(tag: Tag) -> Iterator[str]:
        for child in tag.children:
            if type(child) is NavigableString:
                yield child
            elif isinstance(child, Tag) and id(child) not in hidden:
                yield from inside(child)

    return inside(part)


def contents(toc: object) -> Iterator[str]:
    """Every file a table of contents names."""
    if isinstance(toc, dict):
        yield from (toc[key] for key in ("root", "file") if key in toc)
        for value in toc.values():
            yield from contents(value)
    elif isinstance(toc, list):
        for value in toc:
            yield from contents(value)


def build(source: Path, dataset: str) -> Built:
    """Build the book in `source` with every check on."""
    command = [str(JUPYTER_BOOK), "build", str(source), "-W", "-n", "--keep-going"]
    variables = {**os.environ, "BNUTILS_DATASET": dataset}
    started = time.perf_counter()
    done = subprocess.run(
        command, env=variables, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    return Built(source, dataset, done.returncode, done.stdout, seconds)


def build_with_another_word(built: Built) -> tuple[str, Built]:
    """Write ANOTHER_WORD into a chapter and build again; the chapter's name, and the build."""
    chapter = next(name for name in built.chapters if "/theory/" in name)
    page = built.source / f"{chapter}.md"
    page.write_text(f"{page.read_text('utf-8')}\n{ANOTHER_WORD}.\n", "utf-8")
    return chapter, build(built.source, built.dataset)


def has_mnist() -> bool:
    return any(MNIST.glob("train-images-idx3-ubyte*"))


def files() -> Iterator[Path]:
    """Every file that a build reads, in a fixed order."""
    for name in SOURCES:
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (f for f in found if f.is_file() and not set(f.parts) & NO_SOURCES)


def digest() -> str:
    """A fingerprint of what a build reads."""
    total = sha256()
    for path in files():
        total.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


@cache
def fresh_build(dataset: str) -> Built:
    """The book built from nothing, once a session; it stays for `kept_build`."""
    with FileLock(KEPT / f"{dataset}.lock"):
        return _build_from_nothing(dataset)


@cache
def kept_build(dataset: str) -> Built:
    """The book as it was last built from these very sources, else built now, by one process."""
    with FileLock(KEPT / f"{dataset}.lock"):
        stamp = KEPT / f"{dataset}.json"
        if stamp.is_file():
            kept = json.loads(stamp.read_text())
            if kept.pop("digest") == digest():
                return Built(**{**kept, "source": Path(kept["source"])})
        return _build_from_nothing(dataset)


def _build_from_nothing(dataset: str) -> Built:
    source, stamp, found = KEPT / dataset, KEPT / f"{dataset}.json", digest()
    stamp.unlink(missing_ok=True)
    shutil.rmtree(source, ignore_errors=True)
    for path in files():
        copy = source / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    built = build(source, dataset)
    if built.status == 0:
        stamp.write_text(json.dumps({**asdict(built), "source": str(source), "digest": found}))
    return built
