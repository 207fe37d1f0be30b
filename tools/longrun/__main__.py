"""Repeat the first experiment at full length and store it with the package."""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bnutils.data import load
from bnutils.studies import stored
from bnutils.studies.figure_one import FigureOne
from bnutils.studies.following import Followed, follow

STEPS = 50_000  # as in the paper
POINTS = 200  # at which to look
CHOICE = 3_000  # updates after which learning rates are compared
RATES = (0.1, 0.5, 2.0, 8.0)


def typical_unit(followed: Followed) -> int:
    """The unit of the first network whose drift is the median of all."""
    drifts = followed.drift()[0]  # [units]
    return int(np.argsort(drifts)[len(drifts) // 2])


def arm_report(chosen: float, tried: dict[str, list[float]], followed: Followed) -> dict[str, Any]:
    """What the page shows of one arm; accuracies are shares between 0 and 1."""
    unit = followed.percentiles[0, :, :, typical_unit(followed)]  # [T, 3]
    return {
        "lr": chosen,
        "validation_accuracy_by_lr": tried,
        "test_accuracy": followed.accuracy.round(4).tolist(),
        "percentiles_of_typical_unit": unit.astype(float).round(3).tolist(),
        "median_drift": np.median(followed.drift(), axis=1).round(3).tolist(),
    }


def long_run(study: FigureOne, rates: Sequence[float]) -> dict[str, dict[str, Any]]:
    """Choose each arm's learning rate on the validation set, then train it for all steps."""
    compared = study.rates(rates, seeds=study.seeds[:1]).run()  # for the choice alone
    reports = {}
    for (arm, _), runs in compared.choices.items():
        build, chosen = study.arms[arm], compared.of(arm).lrs[0]
        ends = runs.validation_accuracy[:, :, -1].round(4).tolist()  # [L][S]
        tried = {f"{lr:g}": row for lr, row in zip(runs.lrs, ends, strict=True)}
        print(f"{arm}: learning rate {chosen:g}", flush=True)
        followed = follow(build, study.dataset, study.recipe, lr=chosen, seeds=study.seeds)
        reports[arm] = arm_report(chosen, tried, followed)
    return reports


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and write curves, settings and when and with what they were made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--choice", type=int, default=CHOICE)
    default = Path(stored.__file__).with_name("figure-one-long.json")
    parser.add_argument("--output", type=Path, default=default)
    options = parser.parse_args(arguments)
    dataset = load()
    study = replace(FigureOne.on(dataset), steps=options.steps, short=options.choice, points=POINTS)
    since = time.process_time()
    arms = long_run(study, RATES)
    report = {
        "made": datetime.now(UTC).date().isoformat(),
        "command": "python -m tools.longrun",
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        "threads": torch.get_num_threads(),
        "cpu_seconds": round(time.process_time() - since),
        "data": dataset.name,
        "images": {"train": len(study.dataset.train), "test": min(1000, len(dataset.test))},
        "settings": {
            "hidden": list(study.hidden),
            "batch_size": study.batch_size,
            "narrow": study.narrow,
            "steps": study.steps,
            "choice_steps": study.short,
            "rates": list(RATES),
            "seeds": list(study.seeds),
        },
        "steps": list(study.recipe.evaluation_steps()),
        "arms": arms,
    }
    options.output.write_text(json.dumps(report) + "\n", encoding="utf-8")
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
