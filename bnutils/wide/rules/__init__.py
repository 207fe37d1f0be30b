"""How layers are stacked, one module for each way; importing this package registers all rules."""

from bnutils.wide.rules import channelwise, drawing, linear, residual, samplewise, weightless

__all__ = ["channelwise", "drawing", "linear", "residual", "samplewise", "weightless"]
