"""The data set of each seed: one for all, or what a function makes of the seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bnutils.data.dataset import Dataset
from bnutils.networks.chance import chance
from bnutils.sweeps._store.fingerprint import Digester

Data = Dataset | Callable[[int], Dataset]
PARTS = ("training set", "validation set", "test set")
WAY_OUT = "  What to do: draw from the seed alone, as in lambda seed: dataset.resampled(seed)"


class Content(NamedTuple):
    """What a data set holds: digests of the whole and of its three parts, and their lengths."""

    name: str
    whole: str
    parts: tuple[str, ...]
    lengths: tuple[int, ...]
    nbytes: int


def check_data(data: Any) -> None:
    """Raises TypeError for what is neither a data set nor a function."""
    if type(data) is not Dataset and (isinstance(data, Dataset) or not callable(data)):
        raise TypeError(  # of a subclass other processes would know nothing
            f"the data are a {type(data).__name__}; give a data set: load(...), or "
            "from_arrays(...) for arrays of your own; or a function that makes one from a seed"
        )


def contents(data: Data, seeds: Sequence[int]) -> dict[int, Content]:
    """What each seed's data set holds; of those that a function makes one is there at a time.

    Raises TypeError where it makes something else, ValueError where seeds differ in classes or in
    the shape of an image, and where one seed gives two different data sets.
    """
    if isinstance(data, Dataset):
        return dict.fromkeys(seeds, _content(data))
    found: dict[int, Content] = {}
    kinds: dict[tuple[Any, ...], int] = {}
    for seed in seeds:
        made = _made(data, seed)
        kinds.setdefault((made.classes, tuple(made.train.images.shape[1:])), seed)
        if len(kinds) > 1:
            words = [
                f"{s}: {len(c)} classes, images {list(shape)}" for (c, shape), s in kinds.items()
            ]
            raise ValueError(
                "the data sets of two seeds are of different kinds\n"
                f"  Found: {'; '.join(words)}\n"
                "  Expected: the same classes, and images of one shape, for every seed\n"
                f"{WAY_OUT}"
            )
        found[seed] = _content(made)
    dataset_of(data, seeds[0], found[seeds[0]])  # once more: one seed has to give one data set
    return found


def dataset_of(data: Data, seed: int, content: Content) -> Dataset:
    """The data set of a seed, made again; raises ValueError where it has not this content."""
    if isinstance(data, Dataset):
        return data
    made = _made(data, seed)
    if (now := _content(made)) != content:
        changed = [
            name for name, a, b in zip(PARTS, content.parts, now.parts, strict=True) if a != b
        ]
        raise ValueError(
            f"the function gave two different data sets for the seed {seed}\n"
            f"  Found: another {' and another '.join(changed) or 'name, scale, mean or std'}\n"
            f"  Expected: a function that always makes the same of a seed\n{WAY_OUT}"
        )
    return made


def varied(found: Mapping[int, Content]) -> str:
    """What trainings with these seeds differ in, in words."""
    if len(found) < 2:
        return "nothing, there is one seed"
    columns = zip(*(content.parts for content in found.values()), strict=True)
    parts = [name for name, column in zip(PARTS, columns, strict=True) if len(set(column)) > 1]
    *most, last = "initial weights", "batches", *parts
    return f"{', '.join(most)} and {last}"


def _made(function: Callable[[int], Dataset], seed: int) -> Dataset:
    with chance(seed):
        made = function(seed)
    if type(made) is not Dataset:
        raise TypeError(
            f"the function gave a {type(made).__name__} for the seed {seed}\n"
            "  Expected: a data set, as load(...) or from_arrays(...) gives\n"
            "  What to do: return one, as in lambda seed: dataset.resampled(seed)"
        )
    return made


def _content(dataset: Dataset) -> Content:
    digester = Digester()  # one of its own, as it holds what it digested
    whole = digester.digest(dataset)
    parts = (dataset.train, dataset.validation, dataset.test)
    return Content(
        name=dataset.name,
        whole=whole,
        parts=tuple(map(digester.digest, parts)),
        lengths=tuple(map(len, parts)),
        nbytes=sum(part.images.nbytes + part.labels.nbytes for part in parts),
    )
