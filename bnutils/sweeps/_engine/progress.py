"""How far a sweep is, and how long it still takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bnutils.sweeps._engine.planning import Group
from bnutils.sweeps.settings import is_live


class Progress:
    """Counts runs and their work, and shows both on a bar if there is one."""

    def __init__(self, bar: Any, runs: int) -> None:
        self._bar, self._runs = bar, runs
        self._done = self._failed = 0

    def advance(self, group: Group, failed: int = 0) -> None:
        """Note that the runs of a group are over, ``failed`` of them with an error."""
        self._done += len(group.runs)
        self._failed += failed
        if self._bar is not None:
            words = f"{self._done} of {self._runs} runs"
            words += f", {self._failed} failed" if self._failed else ""
            self._bar.set_postfix_str(words, refresh=False)
            self._bar.update(group.work)


@contextmanager
def progress(groups: Sequence[Group]) -> Iterator[Progress]:
    """A bar for groups of runs, in a terminal or notebook; none where BNUTILS_LIVE is 0.

    The time left is estimated from the share of the work that is done.
    """
    runs = sum(len(group.runs) for group in groups)
    if not is_live():
        yield Progress(None, runs)
        return
    from tqdm.auto import tqdm

    work = sum(group.work for group in groups)
    shape = "{l_bar}{bar}| {elapsed} passed, {remaining} left{postfix}"
    with tqdm(total=work, desc="Training", bar_format=shape, mininterval=0.3) as bar:
        yield Progress(bar, runs)
