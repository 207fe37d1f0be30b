"""What PyTorch's tools do with the layer of this book, each tried beside PyTorch's layer."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, func, nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.studies.drop_in import trials
from bnutils.studies.drop_in.trials import Norm, X, transformed

SAME, OTHER = "same results", "other results"
NEITHER, OURS_ALONE, THEIRS_ALONE = "refuses both", "takes it, not PyTorch's", "refuses it"


@dataclass(frozen=True)
class Tool:
    """A tool, how to try it with a layer, what is expected of that, and what to know.

    ``use`` takes the class of a layer and returns what the tool has made with it; ``quick`` says
    that this takes no seconds, imports included.
    """

    name: str
    use: Callable[[Norm], Tensor]
    note: str = ""
    expected: str = SAME
    quick: bool = True


def outcome(tool: Tool, norm: Norm = BatchNorm1d, reference: Norm = nn.BatchNorm1d) -> str:
    """What a tool does with a layer, beside what it does with PyTorch's."""
    ours, theirs = _attempt(tool, norm), _attempt(tool, reference)
    if ours is None or theirs is None:
        return OURS_ALONE if ours is not None else NEITHER if theirs is None else THEIRS_ALONE
    same = ours.shape == theirs.shape and torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    return SAME if same else OTHER


def _attempt(tool: Tool, norm: Norm) -> Tensor | None:
    """What the tool makes with a layer; None where it raises, as tools refuse in many ways."""
    with warnings.catch_warnings(action="ignore"):  # of PyTorch, about its own parts
        try:
            return tool.use(norm)
        except Exception:
            return None


BARE = {"track_running_stats": False}
TOOLS = (
    Tool("update_bn", trials.update_bn, "precise_statistics leaves dropout off"),
    Tool("convert_sync_batchnorm", trials.synchronize, "makes it PyTorch's layer, relatives too"),
    Tool("fx.symbolic_trace", trials.trace, "one step of the graph, with both modes"),
    Tool("fx, fuse", trials.fuse, "knows the very class only, fuses nothing: fold does", OTHER),
    Tool("pruning", trials.prune),
    Tool("parametrizations", trials.parametrize),
    Tool("autocast", trials.autocast, "the statistics stay in float32"),
    Tool("checkpoint", trials.checkpoint, "the running statistics move twice"),
    Tool("func.jacrev", transformed(lambda net: func.jacrev(net)(X), **BARE)),
    Tool("func.jvp", transformed(lambda net: func.jvp(net, (X,), (X.sin(),))[1], **BARE),
         quick=False),
    Tool("func.hessian", transformed(lambda net: func.hessian(lambda x: net(x).sum())(X), **BARE),
         quick=False),
    Tool("func.vmap of func.grad", transformed(trials.ensemble, **BARE)),
    Tool("func.vmap, running statistics", transformed(lambda net: func.vmap(net)(X[None])),
         "they cannot move in there: see the next line", NEITHER),
    Tool("replace_all_batch_norm_modules_", transformed(trials.per_sample)),
    Tool("forward-mode derivatives", trials.dual, quick=False),
    Tool("create_feature_extractor", trials.extract, quick=False),
    Tool("compile, one graph", trials.compiled(0.1), quick=False),
    Tool("compile, momentum=None", trials.compiled(None), "", OURS_ALONE, quick=False),
    Tool("export", trials.export, quick=False),
    Tool("DistributedDataParallel", trials.distribute, quick=False),
)  # fmt: skip
