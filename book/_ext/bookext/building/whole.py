"""One build of a book at a time, and none that builds upon what a killed one left in part."""

import os
import shutil
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

FULL = 1 << 20  # bytes

locks: list[FileLock] = []  # of this process; the system frees them when it ends
marks: list[Path] = []  # files that are there while others may be there in part


def replace(path: Path, content: bytes) -> None:
    """Write a file that is never there in part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)


def begin(app: Sphinx, config: Any) -> None:
    """Wait for another build of this folder; forget the pages of one that was killed."""
    build = Path(app.outdir).parent
    build.mkdir(parents=True, exist_ok=True)
    locks.append(FileLock(build / ".lock"))
    try:
        locks[-1].acquire(timeout=0)
    except Timeout:
        logger.info("Another build of this book is running: waiting for its end ...")
        locks[-1].acquire()
    mark = build / ".unfinished"
    if mark.is_file():
        logger.info("The last build was cut short: all pages are read and written again.")
        pages = mark.read_text("utf-8") or "html"  # a name: the book may have been moved since
        for folder in (build / pages, app.doctreedir, build / "jupyter_execute"):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in (app.doctreedir, app.outdir):
            Path(folder).mkdir(parents=True, exist_ok=True)


def mark(app: Sphinx, *_: Any) -> None:
    """Note that from now on files may be there in part."""
    marks.append(Path(app.outdir).parent / ".unfinished")
    replace(marks[-1], Path(app.outdir).name.encode())


def unmark() -> None:
    """Note that all files are whole."""
    while marks:
        marks.pop().unlink(missing_ok=True)


def end(app: Sphinx, exception: Exception | None) -> None:
    """Let others build; what an exception left is not trusted."""
    if exception is None:
        unmark()
    elif shutil.disk_usage(app.outdir).free < FULL:
        logger.error("The disk of %s is full: make room, then build again.", app.outdir)
    locks.pop().release()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.connect("config-inited", begin, priority=50)
    app.connect("env-before-read-docs", mark, priority=900)  # after chapters have run
    app.connect("build-finished", end, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
