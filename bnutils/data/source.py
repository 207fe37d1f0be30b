"""What the package asks of a data set that is kept in files."""

import gzip
import hashlib
import os
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bnutils.data.dataset import Part
from bnutils.data.errors import damaged_file, unreadable_file


class Official(NamedTuple):
    """A data set as published: its training and test set, and the names of its classes."""

    train: Part
    test: Part
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Source(ABC):
    """A published data set in files, laid out inside a data folder as torchvision does.

    `directory` is relative to the data folder; `validation` images are held out of training.
    """

    name: str
    directory: str
    validation: int

    @property
    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """Names of the files needed, in `directory`."""

    @property
    @abstractmethod
    def archives(self) -> Mapping[str, str]:
        """MD5 sums of the archives that are downloaded, by path in the data folder."""

    @abstractmethod
    def check(self, root: Path) -> None:
        """Raises DataError, naming the file, unless all files in data folder `root` are intact."""

    @abstractmethod
    def fetch(self, root: Path) -> None:
        """Downloads and extracts into data folder `root`; raises what the library raises."""

    @abstractmethod
    def read(self, root: Path) -> Official:
        """The data set, from files in data folder `root` that have passed `check`."""

    def missing(self, root: Path) -> list[Path]:
        """The files needed that data folder `root` does not have."""
        paths = [root / self.directory / name for name in self.files]
        return [path for path in paths if not os.path.isfile(path)]  # also if not to be seen


def md5_sum(path: Path) -> str:
    """The MD5 sum of a file, which is what torchvision publishes; no protection from malice."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def check_md5_sum(path: Path, expected: str) -> None:
    """Raises DataError, naming the file, unless it can be read and has the MD5 sum `expected`."""
    try:
        size = path.stat().st_size
        found = md5_sum(path)
    except OSError as error:
        raise unreadable_file(path, error) from error
    if found != expected:
        raise damaged_file(
            path, expected=f"MD5 sum {expected}", found=f"MD5 sum {found} ({size:,} bytes)"
        )


def extracted_md5_sum(archive: Path) -> str:
    """The MD5 sum of what a gzip archive holds; raises DataError, naming it, if it is damaged."""
    md5 = hashlib.md5(usedforsecurity=False)
    try:
        with gzip.open(archive, "rb") as file:
            while chunk := file.read(1 << 20):
                md5.update(chunk)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged_file(archive, expected="a gzip archive", found=str(error)) from error
    except OSError as error:
        raise unreadable_file(archive, error) from error
    return md5.hexdigest()
