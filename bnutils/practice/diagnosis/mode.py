"""Step 1: which statistics each mode uses, and whether gradients being recorded plays a part."""

from __future__ import annotations

import numpy as np
from torch import nn

from bnutils.practice.diagnosis import axes, words
from bnutils.practice.diagnosis.bench import Bench, batch
from bnutils.practice.diagnosis.functions import FunctionLayer
from bnutils.practice.diagnosis.roles import evaluated
from bnutils.practice.diagnosis.subject import Subject


def depends(subject: Subject, training: bool, grad: bool) -> bool:
    """Whether the output for one sample depends on the others of its batch."""
    x = batch(subject.channels, seed=2)
    other = x.copy()
    other[1:] = 3 * x[1:] - 2
    alone, among = (subject(values, training, grad)[0] for values in (x, other))
    return not subject.same(alone, among)


def moves(subject: Subject, training: bool, grad: bool) -> bool:
    """Whether a call moves what evaluation computes afterwards."""
    moved, _ = subject.after(batch(subject.channels, seed=3, mean=5.0), training, grad)
    x = batch(subject.channels, seed=2)
    return not subject.same(moved(x, False), subject(x, False))


def check_pixels(bench: Bench) -> None:
    """Of a layer that takes no images of one pixel, nothing can be told but its axes."""
    x = batch(bench.channels)
    try:
        bench.base(x, True)
    except Exception as error:
        shape = list(bench.base.folded(x).shape)
        bench.findings.unknown["the rest"] = f"a batch {shape} raises {type(error).__name__}"
        axes.check_images(bench)
        bench.stopped = True


def check_own(bench: Bench) -> None:
    """A copy that is trained leaves the layer itself as it was."""
    base, x = bench.base, batch(bench.channels, seed=2)
    before, again = (evaluated(base, x) for _ in range(2))
    base.after(batch(bench.channels, seed=3, mean=5.0), True)
    if not base.same(before, again) or base.same(evaluated(base, x), before):
        return
    told = "they stand outside of the layer: training another one moves them"
    module = isinstance(base.layer, nn.Module)
    bench.findings.mistake("not-saved" if module else "state-shared", told)
    bench.findings.unknown["running statistics"] = told
    bench.stopped = True


def check_mode(bench: Bench) -> None:
    """Names what the modes do wrong; sets ``facts.mode`` to what later steps need to know."""
    facts, findings, warm = bench.facts, bench.findings, bench.base
    if facts.mode == "running":  # told by what moves its outputs in training
        return
    grads = (True,) if warm.numpy else (True, False)
    train = [depends(warm, True, grad) for grad in grads]
    evaluate = [depends(warm, False, grad) for grad in grads]
    measured = f"in training {_words(train)}, in evaluation {_words(evaluate)}"
    if warm.rank > 2 and _is_blind(warm):  # to images of one pixel, which differ from none
        axes.check_images(bench)
        bench.stopped = True
    elif not any(train) and is_scaled(warm, True):  # each sample has its statistics: wrong axes
        facts.mode = "batch" if any(evaluate) or is_scaled(warm, False) else "right"
    elif not any(train) and any(evaluate):
        findings.mistake("mode-inverted", measured)
        facts.mode = "inverted"
    elif not any(train):
        findings.mistake("training-ignores-batch", measured)
        facts.mode = "running"
    elif len(set(train)) > 1 or len(set(evaluate)) > 1:
        findings.mistake("mode-from-gradients", measured)
        facts.mode = "gradients"
    elif any(evaluate):
        facts.mode = "batch"
        if any(moves(warm, False, grad) for grad in grads) and not _is_centred(warm):
            findings.mistake("updates-in-evaluation", "before it is computed, even")
        elif _without_statistics(warm):
            findings.notes["running statistics"] = "none are used: evaluation is by the batch too"
        else:
            findings.mistake("evaluation-uses-batch", measured)
    else:
        _check_moves(bench, grads)


def _is_blind(subject: Subject) -> bool:
    """Whether the output in training is one and the same for any input."""
    x = batch(subject.channels, seed=2)
    return subject.same(subject(x, True), subject(5 - 3 * x**2, True))


def is_scaled(subject: Subject, training: bool, images: bool = False) -> bool:
    """Whether the input's scale makes no difference: it is divided by its own spread."""
    x = 100 * batch(subject.channels, seed=2, images=images)
    y = subject(x, training)
    return bool(np.abs(subject(3 * x, training) - y).max() < 1e-2 * np.abs(y).max())


def _is_centred(subject: Subject) -> bool:
    """Whether evaluation subtracts the mean of the batch itself."""
    y = subject(batch(subject.channels, seed=2, mean=4.0), False)
    return bool(np.abs(y.mean(0)).max() < 0.01 * np.abs(y).max())


def _check_moves(bench: Bench, grads: tuple[bool, ...]) -> None:
    warm, findings = bench.base, bench.findings
    if any(moves(warm, False, grad) for grad in grads):
        findings.mistake("updates-in-evaluation", "a batch in evaluation changes the next output")
    train = [moves(warm, True, grad) for grad in grads]
    if train == [True, False]:
        findings.mistake("mode-from-gradients", "under no_grad training moves no statistics")


def _without_statistics(subject: Subject) -> bool:
    """Whether they are switched off, or a function is told of neither them nor a mode."""
    layer = subject.layer
    if isinstance(layer, FunctionLayer):
        asked = words.MEAN | words.VAR | words.TRAINING | words.EVALUATING | words.SETTINGS
        return not any(words.one_of(name, asked) for name in layer.names)
    return getattr(layer, "track_running_stats", True) is False


def _words(depend: list[bool]) -> str:
    """``by the batch``, with and without gradients where they differ."""
    told = ["by the batch" if each else "not by the batch" for each in depend]
    if len(set(told)) == 1:
        return told[0]
    return f"{told[0]} with gradients, {told[1]} without"
