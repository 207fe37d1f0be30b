"""A mean with its interval, and what it tells of a reference."""

from __future__ import annotations

from math import log, nan
from typing import TYPE_CHECKING

from bnutils.evidence.spans import Span, in_short, interval_spec

if TYPE_CHECKING:
    import numpy as np


class Interval(Span):
    """A mean with its 95 % Student-t interval over ``n`` independent ``runs``.

    Of a ratio, ``log`` is True: mean and interval are those of the logarithms, exponentiated.
    Formats like a number: ``f"{interval:.1f}"`` gives ``97.6 ± 0.2``, of a ratio
    ``×0.3 [0.2, 0.5]``, and without digits as many as the interval tells.
    """

    def side(self, reference: float = 0.0) -> int:
        """1 where the runs lie above ``reference``, -1 below, 0 where that is open.

        See `bnutils.evidence.judging`; of ratios the logarithms are judged.
        """
        from bnutils.evidence import judging  # SciPy: not for whoever only writes an interval

        return judging.side(*self._beyond(reference)) if self.has_width else 0

    def sign_flip_p(self, reference: float = 0.0) -> float:
        """The two-sided p of `judging.sign_flip_p`; NaN where the interval is not defined."""
        from bnutils.evidence import judging

        return judging.sign_flip_p(self._beyond(reference)[0]) if self.defined else nan

    def t_p(self, reference: float = 0.0) -> float:
        """The p of `judging.student_p`, below 0.05 where the interval excludes the reference.

        NaN where the interval is not defined.
        """
        from bnutils.evidence import judging

        return judging.student_p(*self._beyond(reference)) if self.defined else nan

    def _beyond(self, reference: float) -> tuple[np.ndarray, float, float]:
        """Runs [n] and ends as differences from the reference, of ratios those of logarithms."""
        import numpy as np

        values = [
            log(end / reference) if self.log else end - reference
            for end in (*self.runs, self.low, self.high)
        ]
        return np.array(values[:-2]), values[-2], values[-1]

    def times(self, factor: float) -> Interval:
        """The interval of runs that are each multiplied by a positive ``factor``."""
        if not factor > 0:
            raise ValueError(f"factor is {factor}; give a positive number")
        mean, low, high = factor * self.mean, factor * self.low, factor * self.high
        return Interval(mean, low, high, tuple(factor * run for run in self.runs), self.log)

    def within(self, delta: float, reference: float = 0.0) -> bool:
        """Whether both ends lie less than ``delta`` from the reference, of ratios that factor."""
        low, high = band(reference, delta, self.log)
        return self.has_width and low < self.low and self.high < high

    def __format__(self, spec: str) -> str:
        return in_short(self, spec or interval_spec(self))


def band(reference: float, delta: float, log: bool) -> tuple[float, float]:
    """The ends of what lies less than ``delta`` from the reference, of ratios that factor."""
    if log:
        return reference / delta, reference * delta
    return reference - delta, reference + delta
