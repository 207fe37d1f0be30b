"""What a submission earned, with the mistakes that were named."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """One exercise of a submission: its points, the status of the report, the slips it found."""

    points: float
    status: str
    found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grade:
    """One submission; ``problem`` says why it could not be run to its end, if it could not."""

    student: str
    file: str
    answers: dict[str, Answer] = field(default_factory=dict)
    problem: str = ""

    @property
    def points(self) -> float:
        return round(sum(answer.points for answer in self.answers.values()), 1)

    def of(self, key: str) -> float:
        return self.answers[key].points if key in self.answers else 0.0

    @property
    def mistakes(self) -> str:
        """``forward: unbiased; layer: not-saved, shortcut``."""
        told = []
        for key, answer in self.answers.items():
            if answer.status not in ("right", "empty"):
                told.append(f"{key}: {', '.join(answer.found) or answer.status}")
        return "; ".join(told)

    @property
    def trouble(self) -> str:
        return f" ({self.problem})" if self.problem else ""
