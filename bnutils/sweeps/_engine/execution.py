"""Train what a sweep lacks, store each result at once, and let nothing stop the rest."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import torch

from bnutils.sweeps._backends.pool import Pool
from bnutils.sweeps._engine.group import error_reason
from bnutils.sweeps._engine.planning import Group, PlannedRun
from bnutils.sweeps._engine.progress import Progress
from bnutils.sweeps._engine.tasks import Tasks, trainer
from bnutils.sweeps._store.record import Record
from bnutils.sweeps._store.store import Store

POLL_SECONDS = 0.2


@dataclass
class Execution:
    """Trains groups in a pool; ``records`` maps the keys of all runs that are over to results."""

    store: Store
    keep_networks: bool
    tasks: Tasks
    pool: Pool
    progress: Progress
    records: dict[str, Record]
    _held: dict[int, tuple[Group, ExitStack]] = field(default_factory=dict)
    _trouble: list[Exception] = field(default_factory=list)

    def finish(self, groups: Sequence[Group]) -> None:
        """Train all groups, or wait for them where another sweep is training them.

        Raises StoreError where results cannot be stored.
        """
        while groups := [left for group in groups if (left := group.without(self.records))]:
            before = len(self.records)
            suspects, _ = self._attempt(groups)
            for group in suspects:
                self._alone(group)
            if len(self.records) == before:
                time.sleep(POLL_SECONDS)

    def _attempt(self, groups: Sequence[Group]) -> tuple[list[Group], Exception | None]:
        """Train groups that are free; those under way when a process died, and the error."""
        try:
            with closing(self.pool.call(trainer(self.pool), self._claimed(groups))) as results:
                while True:
                    try:  # of the pool alone: an error in keeping what it gives is not its own
                        number, outcomes = next(results)
                    except StopIteration:
                        break
                    except Exception as error:
                        if self._trouble:
                            break
                        return [group for group, _ in self._held.values()], error
                    self._keep(number, outcomes)
        finally:
            for number in list(self._held):
                self._held.pop(number)[1].close()
        if self._trouble:
            raise self._trouble.pop()
        return [], None

    def _alone(self, group: Group) -> None:
        """Train a group with no other beside it, to find the run that ends processes."""
        _, error = self._attempt([group])
        if error is None:
            return
        if len(group.runs) > 1:
            for run in group.runs:
                self._alone(Group((run,)))
            return
        reason = f"the process that trained it broke down: {error_reason(error)}"
        self._record(group.runs[0], {"status": "failed", "reason": reason, "arrays": {}})
        self.progress.advance(group, failed=1)

    def _claimed(self, groups: Sequence[Group]) -> Iterator[tuple[Any, ...]]:
        """Tasks for the groups that no other sweep holds or has finished meanwhile.

        An error in the thread that asks for tasks would be lost: it is kept for later.
        """
        try:
            for number, group in enumerate(groups):
                lock = self.store.try_lock(run.key for run in group.runs)
                if lock is None:
                    continue
                self._held[number] = group, lock
                if left := self._load(group):
                    self._held[number] = left, lock
                    yield self.tasks.task(self.pool, number, left)
                else:
                    self._held.pop(number)[1].close()
        except Exception as error:
            self._trouble.append(error)

    def _load(self, group: Group) -> Group | None:
        """What the store does not have of a group; the rest is taken from there."""
        for run in group.runs:
            record = self.store.get(run.key, self.keep_networks)
            if record and record.measured:
                self.records[run.key] = record
                self.progress.advance(Group((run,)))
        return group.without(self.records)

    def _keep(self, number: int, outcomes: Sequence[Mapping[str, Any]]) -> None:
        group, lock = self._held.pop(number)
        with lock:
            for run, outcome in zip(group.runs, outcomes, strict=True):
                self._record(run, outcome)
        failed = sum(outcome["status"] == "failed" for outcome in outcomes)
        self.progress.advance(group, failed)

    def _record(self, run: PlannedRun, outcome: Mapping[str, Any]) -> None:
        record = Record(**outcome, about=self._about(run))
        earlier = None if record.measured else self.store.get(run.key)
        if not (earlier and earlier.measured):  # without weights, say, but better than a failure
            self.store.put(run.key, record)
        self.records[run.key] = record

    def _about(self, run: PlannedRun) -> dict[str, Any]:
        build: Any = run.setting.build
        while isinstance(build, partial):
            build = build.func
        return {
            "arm": run.setting.arm,
            "build": getattr(build, "__qualname__", type(build).__qualname__),
            "lr": run.setting.lr,
            "seed": run.seed,
            "recipe": vars(run.setting.recipe),
            "data": run.content.name,
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        }
