"""The whole book, built once for all tests from a copy of its sources."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("_config.yml", "_toc.yml", "CITATION.cff", "requirements.txt", "book", "bnutils")
JUPYTER_BOOK = Path(sysconfig.get_path("scripts")) / "jupyter-book"


@dataclass(frozen=True)
class Built:
    """A build: where, with what result, what it said, and how long it took.

    `processor_seconds` counts its processes but forked kernels, `load` what ran in the minute
    before it.
    """

    source: Path
    dataset: str
    status: int
    output: str
    seconds: float
    processor_seconds: float
    load: float

    @property
    def build_folder(self) -> Path:
        return self.source / "_build"

    @property
    def undisturbed(self) -> bool:
        """Whether there were two cores and nothing else to do on them."""
        return len(os.sched_getaffinity(0)) >= 2 and self.load < 0.7

    @property
    def timing(self) -> str:
        """How long the build took, in words."""
        return f"{self.seconds:.0f} s, load before {self.load:.1f}"

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
        return BeautifulSoup((self.html / f"{name}.html").read_text("utf-8"), "html.parser")

    def article(self, name: str) -> str:
        """Words of a page outside code and mathematics."""
        article = self.soup(name).select_one("article.bd-article")
        assert article is not None, name
        for other in article.select("pre, code, .math"):
            other.decompose()
        return article.get_text(" ")


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
    load = os.getloadavg()[0]
    before, started = processor_seconds(), time.perf_counter()
    done = subprocess.run(
        command, env=variables, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    spent = processor_seconds() - before
    return Built(source, dataset, done.returncode, done.stdout, seconds, spent, load)


def processor_seconds() -> float:
    """Processor time of all finished child processes of this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@cache
def cold_build(folder: Path, dataset: str) -> Built:
    """The book built from nothing, once for each data set of a test session."""
    source = folder / f"book-{dataset}"
    source.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    return build(source, dataset)
