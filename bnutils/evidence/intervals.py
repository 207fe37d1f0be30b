"""A mean with its interval, and how both are written."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log, log10, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

UNDEFINED = (
    "no interval: a value is not finite, as of a run that diverged or that was not measured "
    "(the test set is with Recipe(test=True))"
)


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % Student-t interval over ``n`` independent ``runs``.

    Of a ratio, ``log`` is True: mean and interval are those of the logarithms, exponentiated.
    Formats like a number: ``f"{interval:.1f}"`` gives ``97.6 (95 % interval 97.4 to 97.8, n = 8)``.
    """

    mean: float
    low: float
    high: float
    runs: tuple[float, ...]
    log: bool = False

    @property
    def n(self) -> int:
        """How many runs there are."""
        return len(self.runs)

    @property
    def defined(self) -> bool:
        """Whether mean and both ends are finite, of ratios positive; False where a value is not."""
        finite = isfinite(self.mean) and isfinite(self.low) and isfinite(self.high)
        return finite and not (self.log and self.low <= 0)

    @property
    def has_width(self) -> bool:
        """Whether the ends differ: runs that are equal, of unknown resolution, tell no spread."""
        return self.defined and self.low < self.high

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

    def __format__(self, spec: str) -> str:
        spec = "z" + spec.removeprefix("z")  # a rounded zero has no sign
        mean = written(self.mean, spec) if self.defined else "undefined"
        return f"{mean} ({interval_words(self, spec)})"


def written(number: float, spec: str) -> str:
    """A number as text in which the minus is a minus sign, not a hyphen."""
    text = format(number, spec)
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def interval_words(interval: Interval, spec: str) -> str:
    """Ends and number of runs in words, with spaces that end no line where they part a number.

    Says so where there is no interval, or where the runs are too alike to make one.
    """
    if not interval.defined:
        return f"{UNDEFINED}, n\xa0=\xa0{interval.n}"
    if not interval.has_width:
        return f"the same in all {interval.n} runs, which tells no spread"
    low, high = written(interval.low, spec), written(interval.high, spec)
    return f"95\xa0% interval {low} to {high}, n\xa0=\xa0{interval.n}"


def interval_spec(interval: Interval, reference: float = 0.0) -> str:
    """The format that shows the interval's width, and that an end is not the reference."""
    half = (interval.high - interval.low) / 2
    if not (interval.defined and half > 0):
        return "z.4g"
    decimals = max(0, -floor(log10(half / 3)))
    return enough_digits(interval, f".{decimals}f", reference) if decimals <= 6 else ".3g"


def enough_digits(interval: Interval, spec: str, reference: float = 0.0) -> str:
    """``spec`` like ``.1f`` with more digits, where an end would read as the reference."""
    digits = int(spec.strip("z.f"))
    ends = [abs(end - reference) for end in (interval.low, interval.high) if end != reference]
    while digits < 6 and any(end < 0.5 * 10**-digits for end in ends):
        digits += 1
    return f"z.{digits}f"
