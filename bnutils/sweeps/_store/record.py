"""What is kept of one run: measurements, words about it, and its weights where wanted."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from bnutils.training.handing import network_arrays, restored_network
from bnutils.training.run import Run

RECORD_FORMAT = 1
WEIGHTS = "network/"  # the arrays under this name are the network's state
MEASURED = "measured/"  # and these what functions of the reader measured
APART = ("network", "logits", "measured")
NAMES = [field.name for field in fields(Run) if field.name not in APART]  # each one array
UNREADABLE = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Record:
    """One run as it is stored.

    ``status`` is finished, diverged or failed; ``reason`` says why where it is not finished.
    ``about`` holds words for a person who opens the file; ``arrays`` is empty for a failed run.
    """

    status: str
    reason: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether there is a result, even a diverged one."""
        return self.status != "failed"

    @property
    def has_network(self) -> bool:
        """Whether the weights are there too."""
        return any(name.startswith(WEIGHTS) for name in self.arrays)

    def run(self, build: Callable[[int], nn.Sequential], images: Mapping[int, Tensor]) -> Run:
        """The run that was stored, with its network if the weights are there.

        ``images`` has the first batch of each seed's training images, normalised [B, C, H, W];
        without weights none are needed. Raises NetworkLost where the network makes of them
        something else than the trained one did.
        """
        values: dict[str, Any] = {name: _restored(name, self.arrays[name]) for name in NAMES}
        values["measured"] = self._under(MEASURED)
        if not self.has_network:
            return Run(**values)
        held = self._under(WEIGHTS)
        logits = self.arrays["logits"]
        seed = values["seed"]
        network = restored_network(build, seed, held, images[seed], logits)
        return Run(**values, network=network, logits=logits)

    def _under(self, start: str) -> dict[str, np.ndarray]:
        return {n.removeprefix(start): self.arrays[n] for n in self.arrays if n.startswith(start)}


def _restored(name: str, array: np.ndarray) -> Any:
    if name == "steps":
        return tuple(array.tolist())
    return array.item() if array.ndim == 0 else array


def run_arrays(run: Run, keep_network: bool) -> dict[str, np.ndarray]:
    """A run as arrays alone, which any process can read; the weights only where wanted."""
    arrays = {name: np.asarray(getattr(run, name)) for name in NAMES}
    arrays |= {MEASURED + name: array for name, array in run.measured.items()}
    if keep_network and run.network is not None and run.logits is not None:
        held = network_arrays(run.network)
        arrays |= {"logits": run.logits, **{WEIGHTS + name: held[name] for name in held}}
    return arrays


def record_bytes(record: Record) -> bytes:
    """The file of a record: an .npz archive that begins with a readable ``about.json``."""
    about = {
        "format": RECORD_FORMAT,
        "status": record.status,
        "reason": record.reason,
        **record.about,
        "arrays": sorted(record.arrays),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("about.json", json.dumps(about, indent=2, ensure_ascii=False, default=str))
        for name, array in record.arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return file.getvalue()


def read_record(path: Path, networks: bool) -> Record | None:
    """The record in a file, without weights unless wanted; None for an absent or damaged file."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("about.json"))
            if about.pop("format") != RECORD_FORMAT:
                return None
            arrays = {}
            for name in about.pop("arrays"):
                if networks or not name.startswith(WEIGHTS):
                    member = io.BytesIO(archive.read(f"{name}.npy"))  # checks the CRC
                    arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
            return Record(about.pop("status"), about.pop("reason"), about, arrays)
    except UNREADABLE:
        return None
