"""How frameworks write down the moving averages of batch normalization, and how to convert."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NormConvention:
    """The meaning of a framework's ``momentum``, its defaults, and the variance it averages.

    ``weighs`` says what the momentum is the weight of: the "new" batch or the "old" average.
    ``unbiased`` says whether the averaged variance is divided by m - 1, not by m. The name says the
    version where that matters.
    """

    name: str
    weighs: str
    momentum: float
    eps: float
    unbiased: bool


CONVENTIONS = {
    "PyTorch": NormConvention("PyTorch", "new", 0.1, 1e-5, unbiased=True),
    "Keras": NormConvention("Keras", "old", 0.99, 1e-3, unbiased=False),  # 3, with any backend
    # Keras 2 calls TensorFlow's fused kernel for images, and that one stores m / (m - 1).
    "tf.keras 2, images": NormConvention("tf.keras 2, images", "old", 0.99, 1e-3, unbiased=True),
    "tf.keras 2, vectors": NormConvention("tf.keras 2, vectors", "old", 0.99, 1e-3, unbiased=False),
    "Flax": NormConvention("Flax", "old", 0.99, 1e-5, unbiased=False),
}


def convert_momentum(momentum: float, source: str, target: str) -> float:
    """The momentum that means in ``target`` what ``momentum`` means in ``source``.

    Both are names in ``CONVENTIONS``. Raises ValueError for another name, or a momentum that is
    not between 0 and 1.
    """
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum is {momentum}: it weighs an average; expected 0 to 1")
    same = convention(source).weighs == convention(target).weighs
    # 1 - 0.99 is not 0.01 in floating point.
    return momentum if same else round(1 - momentum, 12)


def variance_factor(m: int, source: str, target: str) -> float:
    """What to multiply a moving variance by, taken over ``m`` values a channel in each batch.

    Raises ValueError for an unknown name or fewer than two values.
    """
    if m < 2:
        raise ValueError(f"m is {m}: a variance needs at least 2 values a channel")
    bessel = m / (m - 1)
    change = int(convention(target).unbiased) - int(convention(source).unbiased)
    return bessel**change


def convention(name: str) -> NormConvention:
    """The convention of that name; raises ValueError, with those there are, for another."""
    if name not in CONVENTIONS:
        raise ValueError(f"no convention is called {name!r}; there are {', '.join(CONVENTIONS)}")
    return CONVENTIONS[name]
