"""Where finished runs are kept while a sweep is under way, and the contract of every store."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from bnutils.sweeps._store.record import Record


class StoreError(RuntimeError):
    """The folder for runs cannot be used; the message says why and what to do."""


class Store(Protocol):
    """Runs under their keys, and locks so that each is made by one sweep at a time."""

    def get(self, key: str, networks: bool = False) -> Record | None:
        """The run of a key, None if there is none that can be read, or no weights but wanted."""

    def put(self, key: str, record: Record) -> None:
        """Keep a run, in place of one with the same key."""

    def try_lock(self, keys: Iterable[str]) -> ExitStack | None:
        """Locks on all keys, to be closed afterwards; None if another sweep holds any."""


@dataclass(frozen=True)
class MemoryStore:
    """Keeps runs as long as it lives itself, for one process."""

    records: dict[str, Record] = field(default_factory=dict)

    def get(self, key: str, networks: bool = False) -> Record | None:
        """See `Store`."""
        record = self.records.get(key)
        return None if record and networks and not record.has_network else record

    def put(self, key: str, record: Record) -> None:
        """See `Store`."""
        self.records[key] = record

    def try_lock(self, keys: Iterable[str]) -> ExitStack | None:
        """See `Store`; always free."""
        return ExitStack()
