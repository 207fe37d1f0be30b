"""Exercise 5: the whole layer, which is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnutils.practice.diagnosis.building import CannotCall
from bnutils.practice.diagnosis.diagnose import diagnose
from bnutils.practice.diagnosis.findings import Findings, names
from bnutils.practice.exercises.raising import is_unwritten, where_raised
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Exercise

KEEPS = 0.6  # of the points, for each mistake
LACKS = {
    "images": ("no images", "It takes vectors [B, C], but no images [B, C, H, W]"),
    "vectors": ("no vectors", "It takes images [B, C, H, W], but no vectors [B, C]"),
}


@dataclass(frozen=True)
class LayerExercise(Exercise):
    """Judged by `diagnose`: what the layer computes is measured, whatever it is called inside."""

    def judge(self, answer: Any, seed: str = "public") -> Report:
        try:
            findings = diagnose(answer)
        except TypeError as error:
            return self._refused(answer, error.__cause__ or error)
        lacks = [key for key in LACKS if findings.notes.get(key, "").startswith("not taken")]
        if findings.found or lacks:
            return self._wrong(findings, lacks)
        if findings.raised or findings.unknown:
            says = [
                f"{step}: {text}" for step, text in (findings.raised | findings.unknown).items()
            ]
            status = "raised" if findings.raised else "unknown"
            return self.report(status, says, KEEPS)
        return self.report("right", (f"{k}: {v}" for k, v in findings.notes.items()), 1.0)

    def _wrong(self, findings: Findings, lacks: list[str]) -> Report:
        found, says, see = list(findings.mistakes), [], []
        for key, measured in findings.found.items():
            name = names()[key]
            first = name.says[0].upper() if name.says[0].isascii() else name.says[0]  # not of γ
            says.append(f"{first}{name.says[1:]} ({measured}): {name.look}.")
            see.append(name.see)
        symptom = [f"Measured: {measured}." for measured in findings.found.values()]
        for kind in lacks:
            key, told = LACKS[kind]
            raised = findings.notes[kind].partition("(")[2].partition(")")[0]
            found.append(key)
            says.append(f"{told} ({raised}): the layer is to take both.")
            see.append("theory/working-principle#sec-wp-conv")
            symptom.append(says[-1])
        share = KEEPS ** len(says)
        return self.report("slips", says, share, found=found, see=see, symptom=symptom)

    def _refused(self, answer: Any, error: BaseException) -> Report:
        written = getattr(answer, "forward", answer)
        if (
            isinstance(error, NotImplementedError)
            or written in (None, ...)
            or is_unwritten(written)
        ):
            return self.report("empty", ("The layer is not written yet.",))
        if "gave NoneType" in str(error):
            return self.report("shape", ("`forward` returns nothing: return the output.",))
        told = str(error) if isinstance(error, CannotCall) else where_raised(error, answer)
        return self.report("raised", (told,))


TASK = LayerExercise(
    key="layer",
    title="The whole layer",
    answer="BatchNorm",
    hints=(
        "Two parameters, two buffers, two modes: `nn.Parameter`, `register_buffer`, "
        "`self.training`.",
        "In training normalize by the batch and update the running statistics, from values without "
        "history: `detach`, or `torch.no_grad`.",
        "For images average over dimensions 0, 2, 3 and reshape everything to [1, C, 1, 1]. The "
        "variance that is averaged is multiplied by m/(m − 1).",
    ),
    see="implementation/mistakes#sec-mis-short", points=8, minutes=25,
)  # fmt: skip
