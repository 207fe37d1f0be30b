"""The error raised for data that cannot be used."""

from pathlib import Path


class DataError(RuntimeError):
    """A data set was asked for and cannot be given; the message says why and what to do."""


class NoDataFolder(DataError):
    """There is no folder for data files, as no home folder is known and none is named."""


def data_error(problem: str, *, expected: str, found: str, advice: str) -> DataError:
    """A DataError whose message has four parts: the problem, expected, found, what to do."""
    return DataError(f"{problem}\n  Expected: {expected}\n  Found: {found}\n  What to do: {advice}")


def unreadable_file(path: Path, error: OSError) -> DataError:
    """The DataError for a file that the operating system does not let us read."""
    return data_error(
        f"The data file {path} cannot be read.",
        expected="a file that this user may read",
        found=error.strerror or str(error),
        advice="correct its permissions (chmod u+r), name another folder in BNUTILS_DATA, "
        "or set BNUTILS_DATASET=digits, which needs no files.",
    )


def damaged_file(path: Path, *, expected: str, found: str) -> DataError:
    """The DataError for a file whose content is not the published one."""
    return data_error(
        f"The data file {path} is damaged.",
        expected=expected,
        found=found,
        advice="delete the file and run `make data` to download it again, unset BNUTILS_DATA to "
        "use the default folder, or set BNUTILS_DATASET=digits, which needs no files.",
    )
