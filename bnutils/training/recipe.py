"""How to train: the settings of one training that are not the network, the data or the seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from bnutils.training.checking import real_number, whole_number, yes_or_no
from bnutils.training.optimizers import SGD, Optimizer


@dataclass(frozen=True)
class Recipe:
    """How to train: ``steps`` updates on batches of ``batch_size``, evaluated ``points`` times.

    Without steps the untrained network is measured. The first ``warmup`` share of the steps raises
    the learning rate linearly from 0; after the share ``drop_at`` it is a tenth. Training and
    validation sets are measured in evaluation mode on their first ``evaluate_on`` samples; with
    ``test`` the whole test set is measured too, once, after the last step. Each update is one of
    ``optimizer``. Numbers of NumPy become those of Python. Raises ValueError for a setting of
    another kind.
    """

    batch_size: int = 60
    steps: int = 1000
    points: int = 10
    warmup: float = 0.0
    drop_at: float = 1.0
    evaluate_on: int = 2000
    test: bool = False
    optimizer: Optimizer = field(default_factory=SGD)

    def __post_init__(self) -> None:
        for name in ("batch_size", "points", "evaluate_on", "steps"):
            least = 0 if name == "steps" else 1
            self._set(name, whole_number(name, getattr(self, name), least))
        for name in ("warmup", "drop_at"):
            self._set(name, real_number(name, getattr(self, name), 0, 1))
        self._set("test", yes_or_no("test", self.test))
        if not isinstance(self.optimizer, Optimizer):
            raise ValueError(
                f"optimizer is {self.optimizer!r}; give SGD(momentum=0.9), say, or AdamW() of "
                "bnutils.training.optimizers"
            )

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the way into a frozen dataclass

    def lr_factor(self, step: int) -> float:
        """The factor on the learning rate at ``step``, counted from 1."""
        ramp = min(1.0, step / (self.warmup * self.steps)) if self.warmup * self.steps else 1.0
        return ramp * (0.1 if step > self.drop_at * self.steps else 1.0)

    def evaluation_steps(self) -> tuple[int, ...]:
        """The steps after which to evaluate, from 0, the untrained network, to the last."""
        return tuple(sorted({round(self.steps * i / self.points) for i in range(self.points + 1)}))
