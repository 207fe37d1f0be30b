"""CIFAR-10."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bnutils.data.dataset import Part
from bnutils.data.errors import damaged_file
from bnutils.data.source import Official, Source, check_md5_sum

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10


@dataclass(frozen=True)
class CifarSource(Source):
    """CIFAR-10 in the pickled batches of its Python version; images [N, 3, 32, 32]."""

    @property
    def library(self) -> "type[CIFAR10]":
        """torchvision's class, imported where it is needed: that takes seconds."""
        from torchvision import datasets

        found: type[CIFAR10] = datasets.CIFAR10
        return found

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self._checksums())

    @property
    def archives(self) -> Mapping[str, str]:
        return {self.library.filename: self.library.tgz_md5}

    def check(self, root: Path) -> None:
        for name, md5 in self._checksums().items():
            check_md5_sum(root / self.directory / name, md5)

    def fetch(self, root: Path) -> None:
        self.library(str(root), download=True)

    def read(self, root: Path) -> Official:
        try:
            train = self.library(str(root), train=True)
            test = self.library(str(root), train=False)
            return Official(_cifar_part(train), _cifar_part(test), tuple(train.classes))
        except (
            pickle.UnpicklingError,
            EOFError,
            OSError,
            KeyError,
            ValueError,
            RuntimeError,
        ) as error:
            raise damaged_file(
                root / self.directory, expected="pickled batches of CIFAR-10", found=str(error)
            ) from error

    def _checksums(self) -> dict[str, str]:
        batches = {name: md5 for name, md5 in self.library.train_list + self.library.test_list}
        return {**batches, self.library.meta["filename"]: self.library.meta["md5"]}


def _cifar_part(data: "CIFAR10") -> Part:
    import torch

    images = torch.from_numpy(np.ascontiguousarray(data.data.transpose(0, 3, 1, 2)))
    return Part(images, torch.tensor(data.targets, dtype=torch.int64))


CIFAR10_SOURCE = CifarSource(name="cifar10", directory="cifar-10-batches-py", validation=5_000)
