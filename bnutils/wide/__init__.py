"""Many networks of one architecture as one wide network, trained side by side."""

from bnutils.wide import rules
from bnutils.wide.rules.drawing import stack_apart
from bnutils.wide.stacking import stack, stack_layer, unstack

__all__ = ["rules", "stack", "stack_apart", "stack_layer", "unstack"]
