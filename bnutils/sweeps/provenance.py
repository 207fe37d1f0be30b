"""What a claim says of the runs that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from bnutils.sweeps.results import Results


def provenance(*results: Results, arms: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a `Claim` that tell where its evidence is from, of one or several sweeps.

    Data, seeds, seeds of the choice, what varied, and the processor time are those of the sweeps;
    diverged runs are counted in ``arms``, by default in all.
    """
    counted = [
        (run.setting.arm, record.status == "diverged")
        for each in results
        for run, record in zip(each.runs, each.records, strict=True)
        if not arms or run.setting.arm in arms
    ]
    trained, lost = (
        Counter(arm for arm, _ in counted),
        Counter(arm for arm, gone in counted if gone),
    )
    chosen = [choice for each in results for choice in each.choices.values()]
    first = results[0]
    return {
        "data": first.data_of(first.runs[0].seed).name,
        "varied": "; ".join(dict.fromkeys(each.varied for each in results)),
        "seeds": tuple(dict.fromkeys(run.seed for each in results for run in each.runs)),
        "chosen_on": tuple(dict.fromkeys(seed for runs in chosen for seed in runs.seeds)),
        "diverged": ", ".join(f"{lost[arm]} of {trained[arm]} of {arm}" for arm in lost),
        "seconds": sum(each.seconds for each in results),
    }
