"""Batch normalization: a layer proved equal to PyTorch's, and experiments with error bars.

A reader's vocabulary stands here; each name is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = ["BatchNorm1d", "BatchNorm2d", "Claim", "Recipe", "fit", "grid", "load", "mlp"]

if TYPE_CHECKING:
    from bnutils.data.loading import load
    from bnutils.evidence.claims import Claim
    from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
    from bnutils.networks.mlp import mlp
    from bnutils.sweeps.fit import fit
    from bnutils.sweeps.sweep import grid
    from bnutils.training.recipe import Recipe
else:  # for type checkers a name that is not above is unknown
    _HOMES = {
        "BatchNorm1d": "layers.batchnorm",
        "BatchNorm2d": "layers.batchnorm",
        "Claim": "evidence.claims",
        "Recipe": "training.recipe",
        "fit": "sweeps.fit",
        "grid": "sweeps.sweep",
        "load": "data.loading",
        "mlp": "networks.mlp",
    }

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return globals()[name]

    def __dir__():
        return [*globals(), *_HOMES]
