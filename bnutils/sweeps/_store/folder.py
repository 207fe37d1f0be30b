"""Finished runs in files, so that none is repeated by a later sweep."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnutils.data.settings import own_cache
from bnutils.sweeps._store.record import Record, read_record, record_bytes
from bnutils.sweeps._store.store import MemoryStore, Store, StoreError

if TYPE_CHECKING:
    from filelock import BaseFileLock

OWN_FOLDER = re.compile(r"[0-9a-f]{2}")
OWN_FILE = re.compile(r"[0-9a-f]{32}\.(npz|lock|[A-Za-z0-9_]+\.part)")


@dataclass(frozen=True)
class FolderStore:
    """Keeps each run in a file of its own, an .npz archive with a readable about.json.

    A file is written whole or not at all. Any number of processes may use one folder at a time.
    """

    folder: Path

    def get(self, key: str, networks: bool = False) -> Record | None:
        """See `Store`; a damaged file counts as absent."""
        record = read_record(self._path(key), networks)
        return None if record and networks and not record.has_network else record

    def put(self, key: str, record: Record) -> None:
        """See `Store`; raises StoreError where the folder cannot be written to."""
        path = self._path(key)
        content = record_bytes(record)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(".part", f"{key}.", path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(descriptor)
                os.replace(part, path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._unusable(error) from error

    def try_lock(self, keys: Iterable[str]) -> ExitStack | None:
        """See `Store`; the operating system frees the locks of a process that is killed."""
        from filelock import FileLock, Timeout

        with ExitStack() as held:
            for key in sorted(keys):  # in one order, so that of two sweeps one gets all
                path = self._path(key).with_suffix(".lock")
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    lock = FileLock(path, thread_local=False)
                    lock.acquire(blocking=False)
                except Timeout:
                    return None
                except OSError as error:
                    raise self._unusable(error) from error
                held.callback(_free, lock, path)
            return held.pop_all()

    def clear(self) -> int:
        """Delete all runs, and no other file; the number of runs there were."""
        count = 0
        for inner in self.folder.iterdir() if self.folder.is_dir() else ():
            if not (OWN_FOLDER.fullmatch(inner.name) and inner.is_dir() and not inner.is_symlink()):
                continue
            for file in inner.iterdir():
                if OWN_FILE.fullmatch(file.name) and file.name.startswith(inner.name):
                    file.unlink(missing_ok=True)
                    count += file.suffix == ".npz"
            with suppress(OSError):  # files that are not ours
                inner.rmdir()
        with suppress(OSError):
            self.folder.rmdir()
        return count

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.npz"

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(
            f"Runs cannot be kept in {self.folder}.\n"
            "  Expected: a folder that this user may write to, with space left\n"
            f"  Found: {error.strerror or error}\n"
            "  What to do: name another folder in BNUTILS_RUNS, or set it to nothing to keep "
            "runs in memory."
        )


def _free(lock: BaseFileLock, path: Path) -> None:
    with suppress(OSError):  # Windows deletes no open file
        path.unlink()
    lock.release()


def default_store() -> Store:
    """The store named by BNUTILS_RUNS; in memory if that is empty.

    Where the variable is not set, the folder ``runs`` beside the data in the user's cache folder;
    in memory for a user without a home folder. Raises ValueError for a setting that begins with ~
    where there is none.
    """
    setting = os.environ.get("BNUTILS_RUNS")
    if setting is not None and not setting.strip():
        return MemoryStore()
    folder = own_cache() / "runs" if setting is None else Path(setting)
    try:
        return FolderStore(folder.expanduser())
    except RuntimeError as error:
        if folder.parts[:2] == ("~", ".cache") and setting is None:  # nothing was named
            return MemoryStore()
        name = "XDG_CACHE_HOME" if setting is None else "BNUTILS_RUNS"
        raise ValueError(
            f"{name} is {os.environ[name]}, but this "
            f"user has no home folder: {error} Set HOME, name a path without ~, or set "
            "BNUTILS_RUNS= to keep runs in memory."
        ) from error


if __name__ == "__main__":
    named = [FolderStore(Path(argument)) for argument in sys.argv[1:]]
    for store in [*named, default_store()]:
        if isinstance(store, FolderStore):
            print(f"Deleted {store.clear()} runs from {store.folder}")
