"""The surroundings of every kernel: the data set, one thread, no settings of the reader's.

Chapters run beside one another, so each keeps to one process; they share the runs they store.
"""

import gc
import os
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from .stop import stop

logger = logging.getLogger(__name__)

# What kernels import of the extensions; the chapters and the library know nothing of it.
KERNEL_CODE = Path(__file__).resolve().parents[2] / "kernel"


def choose_data() -> str:
    """Name of the data set that the whole book uses, decided once for all chapters.

    Raises SystemExit with the library's own message when the data asked for cannot be had.
    """
    from bnutils.data import DataError, resolve

    try:
        return resolve(os.environ.get("BNUTILS_DATASET") or "auto")
    except DataError as error:
        stop("The data of this book cannot be had.", [str(error)])


def kernel_variables(root: Path, build: Path) -> dict[str, str]:
    """Environment variables that make every kernel of a build alike.

    `root` holds the package `bnutils`; `build` may be written to.
    """
    paths = [str(root), str(KERNEL_CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "BNUTILS_JOBS": "1",
        "BNUTILS_LIVE": "0",
        "BNUTILS_RUNS": str(build / "runs"),
        "IPYTHONDIR": str(build / ".ipython"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        # 256 MB: else glibc returns the memory of every batch and asks for it again, page by page,
        # which costs trainings a tenth of their time.
        "MALLOC_MMAP_THRESHOLD_": str(2**28),
        "MALLOC_TRIM_THRESHOLD_": str(2**28),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(os.pathsep.join(paths).split(os.pathsep))),
    }


def prepare(app: Sphinx, config: Config) -> None:
    """Set the variables, and leave the name of the data set in `config.book_dataset`."""
    root, build = Path(app.srcdir), Path(app.outdir).parent
    build.mkdir(parents=True, exist_ok=True)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    os.environ.update(kernel_variables(root, build))
    os.environ["BNUTILS_DATASET"] = config.book_dataset = choose_data()
    logger.info("Data set of this build: %s", config.book_dataset)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # A build makes millions of objects that live to its end; to look for garbage among them again
    # and again takes a quarter of the time of a short build.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    app.add_config_value("book_dataset", "", "", str)
    app.connect("config-inited", prepare, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
