"""Running notebooks in parallel, each in a kernel of its own."""

import asyncio
import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode

from .chapters import Chapter
from .warm_kernels import warm_manager

_EXTENSIONS = ("figure_csv", "figure_png", "figure_narrow")  # the last changes what it draws
KERNEL_EXTENSIONS = [f"--IPKernelApp.extra_extensions={name}" for name in _EXTENSIONS]
ADVICE = (
    "An arm that would do better beyond its grid is not at its best. Try wider rates, or, where "
    'the edge is meant, say so before: warnings.simplefilter("ignore", EdgeOfGrid).'
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Result:
    """An executed chapter: `failure` is None, or says where and why it failed."""

    chapter: Chapter
    seconds: float
    failure: str | None


def describe(chapter: Chapter, cell: int, error: BaseException) -> str:
    """Where a chapter failed, and the traceback of the cell."""
    number = sum(c.cell_type == "code" for c in chapter.notebook.cells[: cell + 1])
    place = f"{chapter.path}:{chapter.line(cell)}: code cell {number} failed"
    return f"{place}\n{_COLOURS.sub('', str(error)).strip()}"


def edge(chapter: Chapter) -> str | None:
    """Where a cell warned that a best learning rate lies on the edge of its grid, if one did."""
    for index, cell in enumerate(chapter.notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" and "EdgeOfGrid" in output["text"]:
                return describe(chapter, index, UserWarning(f"{output['text']}\n{ADVICE}"))
    return None


async def run_one(chapter: Chapter, timeout: int | None, warm: bool) -> Result:
    """Execute the cells of a chapter in place, in the folder of its page."""
    started, cell_now = time.perf_counter(), 0

    def note(cell: NotebookNode, cell_index: int) -> None:
        nonlocal cell_now
        cell_now = cell_index

    # Times would become metadata of the cells, which jupyter-cache compares.
    client = NotebookClient(
        chapter.notebook,
        timeout=timeout,
        on_cell_start=note,
        record_timing=False,
        store_widget_state=False,  # no widget manager reads it in a page
        ipython_hist_file=":memory:",
        extra_arguments=["--log-level=ERROR", *KERNEL_EXTENSIONS],
        km=warm_manager() if warm else None,
    )
    client.owns_km = True  # so that it ends the kernel
    failure = None
    try:
        await client.async_execute(cwd=str(chapter.path.parent))
    except (CellControlSignal, DeadKernelError, TimeoutError) as error:
        failure = describe(chapter, cell_now, error)
    failure = failure or edge(chapter)
    return Result(chapter, time.perf_counter() - started, failure)


def run_all(
    chapters: list[Chapter],
    jobs: int,
    timeout: int | None,
    warm: bool,
    done: Callable[[Result], None],
) -> None:
    """Execute chapters in the order given, `jobs` at a time; `done` hears of each at its end.

    `warm` kernels are forked from the server, which must have been started.

    The event loop has a thread of its own, because nbclient would otherwise take the
    interrupt key for itself: an interrupt ends this process, and its kernels end with it.
    """

    async def work() -> None:
        slots = asyncio.Semaphore(jobs)

        async def one(chapter: Chapter) -> None:
            async with slots:
                done(await run_one(chapter, timeout, warm))

        async with asyncio.TaskGroup() as group:
            for chapter in chapters:
                group.create_task(one(chapter))

    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(asyncio.run, work()).result()
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr, flush=True)
            os._exit(130)
