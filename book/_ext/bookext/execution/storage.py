"""Outputs of chapters kept from one build to the next."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import NotebookNode

from ..building.whole import replace
from .chapters import Chapter

UNKNOWN_SECONDS = 30.0
KEPT_KEYS = 12


def executable_parts(notebook: NotebookNode) -> list[tuple[str, bool]]:
    """What of a notebook decides its outputs: the code, not captions or how a cell is shown."""
    return [
        (cell.source, "skip-execution" in cell.metadata.get("tags", []))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def read(cache: Any, record: Any) -> NotebookNode | None:
    """The notebook of a record; None where a killed build left it in part."""
    with suppress(KeyError, ValueError):
        notebook: NotebookNode = cache.get_cache_bundle(record.pk).nb
        return notebook
    return None


@dataclass(frozen=True)
class Store:
    """Folders of executed notebooks, one for each key; myst-nb reads them."""

    folder: Path

    def find(self, key: str, chapter: Chapter) -> bool:
        """Whether the outputs of a chapter are there.

        jupyter-cache compares the metadata of the cells too, so a new word in a caption
        makes a new notebook: that one takes over the outputs of the same code.
        """
        cache = get_cache(str(self.folder / key))
        with suppress(KeyError):
            if read(cache, cache.match_cache_notebook(chapter.notebook)):
                return True
        wanted = executable_parts(chapter.notebook)
        for record in cache.list_cache_records():
            old = read(cache, record)
            if old is not None and executable_parts(old) == wanted:
                cells = [cell for cell in chapter.notebook.cells if cell.cell_type == "code"]
                for cell, source in zip(cells, old.cells, strict=True):
                    cell.outputs, cell.execution_count = source.outputs, source.execution_count
                chapter.notebook.metadata.update(
                    {k: v for k, v in old.metadata.items() if k in {"language_info", "widgets"}}
                )
                self.add(key, chapter, float(record.data.get("execution_seconds", 0)))
                return True
        return False

    def add(self, key: str, chapter: Chapter, seconds: float) -> None:
        """Keep the outputs of a chapter."""
        bundle = CacheBundleIn(
            chapter.notebook, str(chapter.path), data={"execution_seconds": seconds}
        )
        cache = get_cache(str(self.folder / key))
        _, name = cache.create_hashed_notebook(chapter.notebook)
        shutil.rmtree(self.folder / key / "executed" / name, ignore_errors=True)  # part of one
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

    def prune(self, used: set[str]) -> None:
        """Delete old keys: those in use and the newest others stay."""
        keys = [path for path in self.folder.glob("*") if path.is_dir()]
        for path in keys:
            if path.name in used:
                os.utime(path)
        old = sorted((p for p in keys if p.name not in used), key=lambda p: p.stat().st_mtime)
        for path in old[:-KEPT_KEYS]:
            shutil.rmtree(path, ignore_errors=True)


class Durations:
    """Seconds each chapter took the last time with a data set, in a JSON file."""

    def __init__(self, path: Path, dataset: str) -> None:
        self._path = path
        self._dataset = dataset
        self._seconds: dict[str, float] = {}
        if path.is_file():
            self._seconds = json.loads(path.read_text("utf-8"))

    def expected(self, chapter: Chapter) -> float:
        """Seconds a chapter will take: as last time, or as its front matter says."""
        guess = chapter.expected_seconds or UNKNOWN_SECONDS
        return self._seconds.get(f"{self._dataset} {chapter.name}", guess)

    def record(self, name: str, seconds: float) -> None:
        """Remember how long a chapter took."""
        self._seconds[f"{self._dataset} {name}"] = round(seconds, 1)
        replace(self._path, json.dumps(self._seconds, indent=1, sort_keys=True).encode())
