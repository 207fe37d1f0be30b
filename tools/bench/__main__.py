"""Measure everything, interleaved, and write `_build/bench.json`."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from bnutils.sweeps._backends.backends import usable_cores
from bnutils.wide.products import multiply
from tools.bench.layers import SHAPES, microseconds, ways
from tools.bench.loops import careful_loop, engine, matrix_products, tutorial_loop
from tools.bench.work import BATCH_SIZES, SEEDS, floating, make_data

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "engine"
SECONDS = 1.0  # that a measurement of a loop takes
ENGINE_SECONDS = 3.0  # more, as the engine's time holds that of dealing out the work

Loop = Callable[[int, int], float]  # batch size, steps; samples per second


def one_by_one(a: Tensor, b: Tensor) -> Tensor:
    """The products of two stacks of matrices, each by a call of its own."""
    return torch.stack([multiply(x[None], y[None]) for x, y in zip(a, b, strict=True)])


def fastest_products(batch_size: int, steps: int) -> float:
    """The best of all known ways to multiply."""
    return max(matrix_products(way, batch_size, steps) for way in (one_by_one, multiply, torch.bmm))


def loops() -> dict[str, tuple[Loop, int, float]]:
    """Each way to train: how to measure it, with how many seeds, for how many seconds."""
    data = make_data()
    return {
        "tutorial loop": (partial(tutorial_loop, data), 1, SECONDS),
        "careful loop": (partial(careful_loop, floating(data)), 1, SECONDS),
        ENGINE: (partial(engine, data, jobs=usable_cores()), SEEDS, ENGINE_SECONDS),
        "matrix products": (partial(matrix_products, torch.bmm), SEEDS, SECONDS / 2),
        "matrix products, fastest known": (fastest_products, SEEDS, SECONDS / 2),
    }


def measure_loops(rounds: int) -> list[dict[str, Any]]:
    """A row for each way and batch size, the median of ``rounds`` that take turns."""
    found = loops()
    steps: dict[tuple[str, int], int] = {}
    for name, (loop, seeds, seconds) in found.items():
        for batch_size in BATCH_SIZES:
            few = max(2, 400 // batch_size)
            loop(batch_size, few)
            rate = loop(batch_size, 10 * few)
            steps[name, batch_size] = max(2, int(rate * seconds / (seeds * batch_size)))
    rates: dict[tuple[str, int], list[float]] = {key: [] for key in steps}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for (name, batch_size), count in steps.items():
            rates[name, batch_size].append(found[name][0](batch_size, count))
    rows = []
    for (name, batch_size), own in rates.items():
        ratios = [a / b for a, b in zip(rates[ENGINE, batch_size], own, strict=True)]
        row = {"name": name, "batch_size": batch_size, "seeds": found[name][1]}
        row |= {"samples_per_second": round(median(own), 1)}
        rows.append(row | {"ratio_to_this": round(median(ratios), 3)})
    return rows


def measure_layers(rounds: int) -> list[dict[str, Any]]:
    """A row for each way to write the layer and each shape."""
    rows = []
    for shape in SHAPES:
        repeats = 200 if len(shape) == 2 else 8
        times: dict[str, list[float]] = {name: [] for name in ways(shape)}
        for _ in range(rounds):
            for name, layer in ways(shape).items():
                times[name].append(microseconds(layer, shape, repeats))
        own = median(times["PyTorch's layer"])
        for name, values in times.items():
            row = {"name": name, "shape": list(shape), "microseconds": round(median(values), 1)}
            rows.append(row | {"times_pytorch": round(median(values) / own, 3)})
    return rows


def main() -> None:
    """Measure and write; the format is described on the page `book/how-fast.md`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "bench.json")
    options = parser.parse_args()
    torch.set_num_threads(usable_cores())
    report = {
        "made": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": usable_cores(),
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        "rounds": options.rounds,
        "layers": measure_layers(options.rounds),
        "rows": measure_loops(options.rounds),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for row in report["rows"]:
        print(
            f"{row['name']:32} batch {row['batch_size']:5} {row['samples_per_second']:10.0f}/s "
            f"engine is {row['ratio_to_this']:.2f} times this"
        )
    for row in report["layers"]:
        print(f"{row['name']:32} {row['shape']!s:18} {row['times_pytorch']:.2f} times PyTorch's")


def processor() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8", errors="replace").splitlines() if info.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
