"""Many networks of one architecture as one wide network, trained side by side."""

from bnutils.replicas.stacking import stack, stack_layer, unstack

__all__ = ["stack", "stack_layer", "unstack"]
