"""MNIST and Fashion-MNIST, which are kept in IDX files."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bnutils.data.dataset import Part
from bnutils.data.errors import damaged_file, unreadable_file
from bnutils.data.source import Official, Source, check_md5_sum, extracted_md5_sum

if TYPE_CHECKING:
    from torch import Tensor
    from torchvision.datasets import MNIST

_IDX_PARTS = ("train", "t10k")


@dataclass(frozen=True)
class IdxSource(Source):
    """A data set in the four IDX files of MNIST.

    torchvision knows the MD5 sums of the archives alone, and never looks at the extracted files
    again. Here, each time, these are compared with `checksums`; a file without an entry there,
    with the content of the archive that torchvision leaves next to it; without that archive,
    header, length and labels are checked, which cannot detect altered pixels.
    """

    library_name: str
    class_names: tuple[str, ...] = ()
    checksums: Mapping[str, str] = field(default_factory=dict)
    counts: tuple[int, int] = (60_000, 10_000)

    @property
    def library(self) -> "type[MNIST]":
        """torchvision's class, imported where it is needed: that takes seconds."""
        from torchvision import datasets

        found: type[MNIST] = getattr(datasets, self.library_name)
        return found

    @property
    def classes(self) -> tuple[str, ...]:
        return self.class_names or tuple(self.library.classes)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(
            f"{part}-{kind}-ubyte" for part in _IDX_PARTS for kind in ("images-idx3", "labels-idx1")
        )

    @property
    def archives(self) -> Mapping[str, str]:
        return {f"{self.directory}/{name}": md5 for name, md5 in self.library.resources}

    def check(self, root: Path) -> None:
        for name in self.files:
            path = root / self.directory / name
            archive = path.with_name(name + ".gz")
            if name in self.checksums:
                check_md5_sum(path, self.checksums[name])
            elif archive.exists():
                check_md5_sum(archive, dict(self.library.resources)[archive.name])
                check_md5_sum(path, extracted_md5_sum(archive))
            else:
                self._check_structure(path)

    def fetch(self, root: Path) -> None:
        self.library(str(root), download=True)

    def read(self, root: Path) -> Official:
        folder = root / self.directory
        train, test = (
            Part(
                _idx_bytes(folder / f"{part}-images-idx3-ubyte", header=16).view(-1, 1, 28, 28),
                _idx_bytes(folder / f"{part}-labels-idx1-ubyte", header=8).long(),
            )
            for part in _IDX_PARTS
        )
        return Official(train, test, self.classes)

    def _check_structure(self, path: Path) -> None:
        count = self.counts[_IDX_PARTS.index(path.name.split("-")[0])]
        images = "images" in path.name
        header = (
            struct.pack(">4I", 2051, count, 28, 28) if images else struct.pack(">2I", 2049, count)
        )
        length = len(header) + count * (28 * 28 if images else 1)
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(len(header))
                labels = b"" if images else file.read()
        except OSError as error:
            raise unreadable_file(path, error) from error
        if size != length:
            raise damaged_file(path, expected=f"{length:,} bytes", found=f"{size:,} bytes")
        if start != header:
            raise damaged_file(
                path, expected=f"the header {header.hex()}", found=f"the header {start.hex()}"
            )
        if labels and max(labels) >= len(self.classes):
            raise damaged_file(
                path,
                expected=f"labels from 0 to {len(self.classes) - 1}",
                found=f"the label {max(labels)}",
            )


def _idx_bytes(path: Path, header: int) -> "Tensor":
    import torch

    return torch.from_numpy(np.fromfile(path, dtype=np.uint8, offset=header))


MNIST_SOURCE = IdxSource(
    name="mnist",
    directory="MNIST/raw",
    validation=5_000,
    library_name="MNIST",
    class_names=tuple("0123456789"),
    checksums={
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
)

FASHION_MNIST_SOURCE = IdxSource(
    name="fashion-mnist",
    directory="FashionMNIST/raw",
    validation=5_000,
    library_name="FashionMNIST",
)
