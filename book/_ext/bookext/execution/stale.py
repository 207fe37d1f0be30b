"""Executes the stale chapters in parallel before their pages are read.

The outputs are kept in `_build/.jupyter_cache/<key>/`, one folder for each set of inputs
(see `bookext.execution.dependencies`); myst-nb then finds every chapter there.
"""

import os
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging

from ..building.environment import KERNEL_CODE
from ..building.stop import stop
from .chapters import Chapter, code_of_chapters, read_chapter
from .dependencies import chapter_key, library_versions
from .running import Result, run_all
from .storage import Durations, Store
from .warm_kernels import start_server

logger = logging.getLogger(__name__)


def cache_folder(app: Sphinx) -> Path:
    """Where all keys are kept."""
    return Path(app.outdir).parent.resolve() / ".jupyter_cache"


def enabled(app: Sphinx) -> bool:
    """Whether this build executes chapters at all."""
    return bool(app.config.nb_execution_mode == "cache")


def start_early(app: Sphinx) -> None:
    """Have libraries loaded while Sphinx reads its own, where all chapters are to be executed."""
    if enabled(app) and app.config.book_warm_kernels and not cache_folder(app).exists():
        start_server()


def find_outdated(
    app: Sphinx, env: Any, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages to read again because something their outputs depend on has changed."""
    if not enabled(app):
        return []
    package = Path(app.srcdir) / app.config.book_package
    lock = Path(app.srcdir) / "requirements.txt"
    constants = [app.config.book_dataset, os.environ.get("BNUTILS_EFFORT", ""), *library_versions()]
    constants.append(lock.read_text("utf-8") if lock.is_file() else "")
    constants += [path.read_text("utf-8") for path in sorted(KERNEL_CODE.rglob("*.py"))]
    keys = {
        name: chapter_key(package, code, constants) for name, code in code_of_chapters(env).items()
    }
    before: dict[str, str] = getattr(env, "book_keys", {})
    env.book_keys = keys
    return [name for name, key in keys.items() if before.get(name) != key]


def use_folder(app: Sphinx, docname: str, source: list[str]) -> None:
    """Point myst-nb at the outputs that belong to this page."""
    env: Any = app.env
    key = getattr(env, "book_keys", {}).get(docname)
    if key is not None:
        folder = str(cache_folder(app) / key)
        env.mystnb_config = env.mystnb_config.copy(execution_cache_path=folder)


def execute_stale(app: Sphinx, env: Any, docnames: list[str]) -> None:
    """Execute what has no outputs yet; stop the build when a cell fails."""
    if not enabled(app):
        return
    keys: dict[str, str] = env.book_keys
    chapters = [read_chapter(env, name) for name in docnames if name in keys]
    store = Store(cache_folder(app))
    stale = [c for c in chapters if c is not None and not store.find(keys[c.name], c)]
    if stale:
        run_stale(app, store, keys, stale)
    store.prune(set(keys.values()))


def run_stale(app: Sphinx, store: Store, keys: dict[str, str], stale: list[Chapter]) -> None:
    """Execute chapters, the longest first, and keep their outputs."""
    durations = Durations(store.folder / "durations.json", app.config.book_dataset)
    stale = sorted(stale, key=durations.expected, reverse=True)
    jobs = app.config.book_execution_jobs or len(os.sched_getaffinity(0))
    logger.info("Executing %d chapters, %d at a time", len(stale), min(jobs, len(stale)))
    warm = app.config.book_warm_kernels and start_server()  # or it has been started before
    results: list[Result] = []

    def done(result: Result) -> None:
        results.append(result)
        state = "FAILED after" if result.failure else "executed in"
        logger.info(
            "[%d/%d] %s: %s %.1f s",
            len(results), len(stale), result.chapter.name, state, result.seconds,
        )  # fmt: skip
        if result.failure is None:
            store.add(keys[result.chapter.name], result.chapter, result.seconds)
            durations.record(result.chapter.name, result.seconds)

    run_all(stale, jobs, app.config.nb_execution_timeout, warm, done)
    failures = [result.failure for result in results if result.failure]
    if failures:
        stop(f"{len(failures)} of {len(stale)} executed chapters failed.", failures)


def executed(app: Sphinx, page: str) -> NotebookNode | None:
    """The cells of a page with the outputs of the build, None where it has no code."""
    key = getattr(app.env, "book_keys", {}).get(page)
    if key is None:
        return None
    path = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    cells = nbformat.read(path, 4)
    merged: NotebookNode
    _, merged = get_cache(str(cache_folder(app) / key)).merge_match_into_notebook(cells)
    return merged


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; `book_execution_jobs` 0 means one kernel for each core."""
    app.setup_extension("bookext.building.whole")
    app.setup_extension("bookext.building.environment")
    app.add_config_value("book_package", "bnutils", "", str)
    app.add_config_value("book_execution_jobs", 0, "", int)
    app.add_config_value("book_warm_kernels", True, "", bool)
    app.connect("builder-inited", start_early, priority=100)
    app.connect("env-get-outdated", find_outdated)
    app.connect("env-before-read-docs", execute_stale)
    app.connect("source-read", use_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
