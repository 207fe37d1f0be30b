"""An exercise whose answer is a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnutils.practice.exercises.judging import judge
from bnutils.practice.exercises.report import Report
from bnutils.practice.exercises.task import Twinned


@dataclass(frozen=True)
class Task(Twinned):
    """Judged by its twin: the slip, or pair of slips, that gives the same outputs is named."""

    def judge(self, answer: Any, seed: str = "public") -> Report:
        return judge(self, answer, seed)
