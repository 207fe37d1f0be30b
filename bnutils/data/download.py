"""Downloads that leave either every file, verified, or none."""

import contextlib
import errno
import http.client
import io
import os
import pickle
import shutil
import socket
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from bnutils.data.dataset import DATASET_TITLES
from bnutils.data.errors import DataError, data_error
from bnutils.data.source import Source, md5_sum

PARTIAL_PREFIX = ".partial-"
PARTIAL_LIFETIME = 3600.0  # seconds after which a partial download is taken for abandoned
DOWNLOAD_TIMEOUT = 20.0  # seconds of silence from a server

_DISK_ERRORS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
_OFFLINE_ADVICE = (
    "try again with `make data`, name a folder that has the files in BNUTILS_DATA, "
    "or set BNUTILS_DATASET=digits, which needs no files."
)


def download_files(source: Source, root: Path) -> None:
    """Downloads a data set into data folder `root`, which is made if necessary.

    The files are verified in a folder of their own and moved into place whole; that folder is
    removed whatever happens, so that several processes may download at once. Raises DataError.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(root)
        stage = Path(tempfile.mkdtemp(prefix=PARTIAL_PREFIX, dir=root))
    except OSError as error:
        raise _unwritable_folder(source, root, error) from error
    try:
        with _quiet_unless_terminal(), _default_socket_timeout(DOWNLOAD_TIMEOUT):
            source.fetch(stage)
        source.check(stage)
        _move_into_place(source, stage, root)
    except DataError:
        raise
    except (
        OSError,
        RuntimeError,
        EOFError,
        ValueError,
        http.client.HTTPException,
        pickle.UnpicklingError,
        tarfile.TarError,
        zlib.error,
    ) as error:
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise _unwritable_folder(source, root, error) from error
        raise _failed_download(source, stage, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move_into_place(source: Source, stage: Path, root: Path) -> None:
    if not source.missing(root):
        with contextlib.suppress(DataError):
            source.check(root)  # another process was faster
            return
    target = root / source.directory
    target.mkdir(parents=True, exist_ok=True)
    for path in (stage / source.directory).iterdir():
        os.replace(path, target / path.name)


def _remove_abandoned(root: Path) -> None:
    for path in root.glob(PARTIAL_PREFIX + "*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > PARTIAL_LIFETIME:
                shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _default_socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _quiet_unless_terminal() -> contextlib.AbstractContextManager[object]:
    if sys.stderr.isatty():
        return contextlib.nullcontext()
    return contextlib.redirect_stderr(io.StringIO())  # torchvision's progress bar


def _unwritable_folder(source: Source, root: Path, error: OSError) -> DataError:
    return data_error(
        f"{DATASET_TITLES[source.name]} is not complete in the folder {root}, and cannot be "
        "written there.",
        expected=f"{', '.join(source.files)} in {root / source.directory}, "
        "or a folder that can be written and has room",
        found=error.strerror or str(error),
        advice="name a folder that can be written in BNUTILS_DATA, unset BNUTILS_DATA to use the "
        "default folder, or set BNUTILS_DATASET=digits, which needs no files.",
    )


def _failed_download(source: Source, stage: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split()) or type(error).__name__
    for name, md5 in source.archives.items():
        path = stage / name
        if path.is_file() and (found := md5_sum(path)) != md5:
            return data_error(
                f"The download of {path.name} ({DATASET_TITLES[source.name]}) is not complete.",
                expected=f"MD5 sum {md5}",
                found=f"MD5 sum {found} ({path.stat().st_size:,} bytes): {reason}",
                advice=_OFFLINE_ADVICE,
            )
    return data_error(
        f"{DATASET_TITLES[source.name]} cannot be downloaded.",
        expected=", ".join(Path(name).name for name in source.archives),
        found=reason,
        advice=_OFFLINE_ADVICE,
    )
