"""Which data set, and which folder: arguments and environment variables."""

import os
from pathlib import Path
from typing import NamedTuple

from bnutils.data.dataset import DATASET_TITLES
from bnutils.data.errors import NoDataFolder, data_error


class DataFolder(NamedTuple):
    """The folder of the data files, and whether it was named by the user."""

    path: Path
    named: bool


def requested_name(name: str) -> str:
    """The data set asked for, "auto" where nothing is; raises DataError for an unknown name.

    The environment variable BNUTILS_DATASET counts where `name` is "auto".
    """
    origin = "the name given to load()"
    setting = os.environ.get("BNUTILS_DATASET", "").strip()
    if name == "auto" and setting:
        name, origin = setting, "the environment variable BNUTILS_DATASET"
    if name != "auto" and name not in DATASET_TITLES:
        names = ", ".join(("auto", *DATASET_TITLES))
        raise data_error(
            f"There is no data set {name!r}.",
            expected=f"one of {names}",
            found=f"{name!r} in {origin}",
            advice="correct the name, or unset BNUTILS_DATASET to let the data be chosen.",
        )
    return name


def data_folder(folder: Path | None) -> DataFolder:
    """`folder`, else the one named by BNUTILS_DATA, else bnutils in the user's cache folder.

    Raises DataError if a folder is named and does not exist, so that a mistyped setting is
    noticed, and NoDataFolder where the user has no home folder that the path could begin in. The
    default folder is made only when something is written there.
    """
    setting = os.environ.get("BNUTILS_DATA", "").strip()
    if folder is None and not setting:
        return DataFolder(_expanded(own_cache()), named=False)
    path = _expanded(folder if folder is not None else setting)
    if not os.path.isdir(path):
        origin = "the folder given" if folder is not None else "BNUTILS_DATA"
        raise data_error(
            f"The data folder {path} does not exist.",
            expected="an existing folder with the data sets, or to put them in",
            found=f"{'a file' if os.path.exists(path) else 'nothing'} at {path}, named by {origin}",
            advice=f"make it (mkdir -p {path}), correct the setting, unset BNUTILS_DATA to use "
            "the default folder, or set BNUTILS_DATASET=digits, which needs no files.",
        )
    return DataFolder(path, named=True)


def own_cache() -> Path:
    """The library's folder in the user's cache folder; it begins with ~ where none is named."""
    return Path(os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache", "bnutils")


def _expanded(path: str | Path) -> Path:
    """``path`` with ~ replaced, which fails in containers whose user has no entry and no HOME."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise NoDataFolder(
            f"The folder {path} cannot be found.\n"
            f"  Expected: a user with a home folder, or a path without ~\n"
            f"  Found: {error}\n"
            f"  What to do: set HOME or XDG_CACHE_HOME, name a folder in BNUTILS_DATA, or set "
            f"BNUTILS_DATASET=digits, which needs no files."
        ) from error
