"""load(): the data set that was asked for, or the best that is to be had.

To choose takes no PyTorch, which is imported where a data set is read: that takes a second.
"""

import functools
import os
import sys
from pathlib import Path

from bnutils.data.cifar import CIFAR10_SOURCE
from bnutils.data.dataset import Dataset, Part
from bnutils.data.download import download_files
from bnutils.data.errors import DataError, NoDataFolder, data_error
from bnutils.data.idx import FASHION_MNIST_SOURCE, MNIST_SOURCE
from bnutils.data.probe import download_seconds
from bnutils.data.settings import DataFolder, data_folder, requested_name
from bnutils.data.source import Source

DATA_SOURCES: dict[str, Source] = {
    source.name: source for source in (MNIST_SOURCE, FASHION_MNIST_SOURCE, CIFAR10_SOURCE)
}
MNIST_BYTES = 11_594_722  # its four archives
QUICK_DOWNLOAD_SECONDS = 8.0


def load(name: str = "auto", folder: Path | None = None) -> Dataset:
    """A data set in memory, in three parts, downloaded first if that is necessary.

    `name` is digits, mnist, fashion-mnist, cifar10 or auto: BNUTILS_DATASET where it is set, else
    MNIST if it is present or quickly downloaded, else digits. `folder` has torchvision's layout;
    None stands for BNUTILS_DATA or a cache folder. The validation set is drawn from the official
    training set with a fixed seed, both in random order; the test set is the official one.
    Raises DataError if a data set that was asked for by its name cannot be had.
    """
    chosen = resolve(name, folder)
    if chosen == "digits":
        from bnutils.data.digits import digits_dataset

        return digits_dataset()
    source, place = DATA_SOURCES[chosen], data_folder(folder)
    if not _has_intact_files(source, place):
        download_files(source, place.path)
    return _split_dataset(source, place.path)


def resolve(name: str = "auto", folder: Path | None = None) -> str:
    """The name of the data set that load() gives for the same arguments, here and now.

    May download MNIST, if nothing else was asked for; otherwise looks at the settings alone.
    A fall-back to digits is said on stderr, once in a process. Raises DataError for an unknown
    name, a folder that does not exist, and damaged MNIST files in a folder that was named.
    """
    chosen = requested_name(name)
    if chosen == "digits":
        return chosen
    try:
        place = data_folder(folder)
    except NoDataFolder as error:
        if chosen != "auto" or folder is not None or os.environ.get("BNUTILS_DATA", "").strip():
            raise
        return _digits_instead("MNIST, for which there is no folder", str(error))
    return _automatic_name(place) if chosen == "auto" else chosen


@functools.cache
def _automatic_name(place: DataFolder) -> str:
    source = DATA_SOURCES["mnist"]
    if _has_intact_files(source, place):
        return source.name
    try:
        _expect_quick_download()
        download_files(source, place.path)
    except DataError as error:
        return _digits_instead(f"MNIST, which is not in {place.path}", str(error))
    return source.name


@functools.cache
def _digits_instead(missing: str, why: str) -> str:
    print(f"Using scikit-learn's digits in place of {missing}.\n{why}", file=sys.stderr)
    return "digits"


def _has_intact_files(source: Source, place: DataFolder) -> bool:
    """False also for damaged files in the default folder; in a named one they are an error."""
    if source.missing(place.path):
        return False
    try:
        source.check(place.path)
    except DataError as error:
        if place.named:
            raise
        print(f"{error}\n  Now: downloading it again.", file=sys.stderr)
        return False
    return True


def _expect_quick_download() -> None:
    url = MNIST_SOURCE.library.mirrors[0] + MNIST_SOURCE.library.resources[0][0]
    try:
        seconds = download_seconds(url, MNIST_BYTES)
        found = f"an estimate of {seconds:.0f} s for {url}"
    except OSError as error:
        seconds, found = float("inf"), f"no connection to {url}: {error}"
    if seconds > QUICK_DOWNLOAD_SECONDS:
        raise data_error(
            "MNIST cannot be downloaded quickly.",
            expected=f"a download within {QUICK_DOWNLOAD_SECONDS:.0f} s",
            found=found,
            advice="`make data BNUTILS_DATASET=mnist` downloads it however long that takes; "
            "BNUTILS_DATA names a folder that has it; BNUTILS_DATASET=digits asks for digits.",
        )


def _split_dataset(source: Source, root: Path) -> Dataset:
    from bnutils.data.splits import random_split_indices
    from bnutils.data.statistics import pixel_statistics

    official = source.read(root)
    kept, held_out = random_split_indices(len(official.train), source.validation)
    images, labels = official.train.images, official.train.labels
    train = Part(images[kept], labels[kept])
    scale = 255.0
    mean, std = pixel_statistics(train.images, scale)
    return Dataset(
        name=source.name,
        train=train,
        validation=Part(images[held_out], labels[held_out]),
        test=official.test,
        classes=official.classes,
        scale=scale,
        mean=mean,
        std=std,
    )
