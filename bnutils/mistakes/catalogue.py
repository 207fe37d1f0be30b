"""All mistakes, each with its layer and its check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bnutils.mistakes.batch_statistics import (
    ConstantStatsBatchNorm,
    LastAxisBatchNorm,
    ShortcutBatchNorm,
    TinyEpsBatchNorm,
    UnbiasedBatchNorm,
)
from bnutils.mistakes.checks import (
    LayerKind,
    check_channels,
    check_checkpoint,
    check_constant_channel,
    check_forward,
    check_fresh_evaluation,
    check_gradient,
    check_large_mean,
    check_mode,
    check_momentum,
    check_no_history,
    check_no_idle_parameter,
    check_running_variance,
)
from bnutils.mistakes.running_statistics import (
    AttachedBatchNorm,
    BiasedRunningBatchNorm,
    PlainAttributeBatchNorm,
    ReversedMomentumBatchNorm,
    ZeroVarianceBatchNorm,
)
from bnutils.mistakes.short import ShortBatchNorm
from bnutils.mistakes.surroundings import GradModeBatchNorm, KeptBiasBatchNorm


@dataclass(frozen=True)
class Mistake:
    """A mistake in a few words, a layer that makes it and no other, and the check it fails."""

    name: str
    layer: type[ShortBatchNorm]
    check: Callable[[LayerKind], None]


MISTAKES = (
    Mistake("mode told from gradients", GradModeBatchNorm, check_mode),
    Mistake("statistics as plain attributes", PlainAttributeBatchNorm, check_checkpoint),
    Mistake("momentum reversed", ReversedMomentumBatchNorm, check_momentum),
    Mistake("variance starts at 0", ZeroVarianceBatchNorm, check_fresh_evaluation),
    Mistake("running variance biased", BiasedRunningBatchNorm, check_running_variance),
    Mistake("batch variance unbiased", UnbiasedBatchNorm, check_forward),
    Mistake("statistics not detached", AttachedBatchNorm, check_no_history),
    Mistake("E[x²] − E[x]²", ShortcutBatchNorm, check_large_mean),
    Mistake("ε of 1e-12", TinyEpsBatchNorm, check_constant_channel),
    Mistake("statistics under no_grad", ConstantStatsBatchNorm, check_gradient),
    Mistake("wrong axes", LastAxisBatchNorm, check_channels),
    Mistake("bias kept before BN", KeptBiasBatchNorm, check_no_idle_parameter),
)


def passes(check: Callable[[LayerKind], None], kind: LayerKind) -> bool:
    """Whether a layer passes a check; any error counts as not passed."""
    try:
        check(kind)
    except Exception:
        return False
    return True
