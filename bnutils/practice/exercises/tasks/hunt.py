"""Exercise 12: write the test that finds twelve wrong layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.mistakes import MISTAKES, LayerKind, ShortBatchNorm
from bnutils.practice.exercises.raising import is_unwritten, where_raised
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Exercise

RIGHT = {
    "PyTorch's layer": LayerKind(nn.BatchNorm1d, nn.BatchNorm2d),
    "the book's layer": LayerKind(BatchNorm1d, BatchNorm2d),
    "the short layer": LayerKind(ShortBatchNorm, ShortBatchNorm),
}
RAISES = "What a test returns is read by nobody: it must raise an error, as `assert` does."


@dataclass(frozen=True)
class Hunt(Exercise):
    """Judged by what the test lets through: three right layers, and none of the twelve wrong."""

    def judge(self, answer: Any, seed: str = "public") -> Report:
        if not callable(answer):
            return self.report("empty", (f"`{self.answer}` is no function yet.",))
        if is_unwritten(answer):
            return self.report("empty", ("The test is not written yet.",))
        returned: list[Any] = []

        def test(kind: LayerKind) -> None:
            returned.append(answer(kind))

        draw = int(self.generator(seed).integers(2**31))
        for name, kind in RIGHT.items():
            error = _raised(test, kind, draw)
            if isinstance(error, NotImplementedError):
                return self.report("empty", ("The test is not written yet.",))
            if error is not None:
                told = f"It fails {name}, which is right. {where_raised(error, answer)}"
                return self.report("raised", (told,))
        through = [
            mistake
            for mistake in MISTAKES
            if _raised(test, LayerKind(mistake.layer, mistake.layer), draw) is None
        ]
        caught = len(MISTAKES) - len(through)
        if not caught:
            says = [
                "Every layer passes.",
                *([RAISES] if any(r is not None for r in returned) else []),
            ]
            return self.report("slips", says, found=("none found",))
        if not through:
            return self.report("right", ("It finds all twelve.",), 1.0)
        says = [f"It finds {caught} of {len(MISTAKES)} wrong layers. These pass:"]
        says += [mistake.name for mistake in through]
        found = tuple(mistake.name for mistake in through)
        return self.report("slips", says, caught / len(MISTAKES), found=found)


def _raised(test: Any, kind: LayerKind, draw: int) -> Exception | None:
    """What the test raises for a layer; None where it lets it through."""
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(draw)
        try:
            test(kind)
        except Exception as error:
            return error
    return None


TASK = Hunt(
    key="hunt",
    title="Write the test",
    answer="hunt",
    hints=(
        "Compare with PyTorch's layer: outputs in both modes, running statistics, gradients.",
        "Evaluate with and without gradients, a new layer too; save and load a layer; look at "
        "`requires_grad` of the statistics.",
        "Inputs made for it: a mean of 10 000, a constant channel, images that are not square. "
        "Does every parameter have a gradient?",
    ),
    see="implementation/mistakes#sec-mis-short", points=6, minutes=20,
)  # fmt: skip
