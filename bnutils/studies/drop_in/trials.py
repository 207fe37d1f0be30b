"""Trials of PyTorch's tools with a small network that has a given layer."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable

import torch
from torch import Tensor, func, fx, nn
from torch.autograd import forward_ad

from bnutils.studies.devices.process import LOOPBACK

Norm = Callable[..., nn.Module]
X = torch.randn(8, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)  # [B, C]


def network(norm: Norm, **settings: object) -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Linear(4, 5), norm(5, **settings), nn.ReLU(), nn.Linear(5, 2)
    return nn.Sequential(*layers).double()


def everything(net: nn.Module, run: Callable[..., Tensor] | None = None) -> Tensor:
    """Outputs, gradients and state after a training step, as one vector."""
    y = (net if run is None else run)(X)
    y.square().sum().backward()
    values = [y, *(p.grad for p in net.parameters() if p.grad is not None), *net.buffers()]
    return torch.cat([value.detach().flatten() for value in values])


def update_bn(norm: Norm) -> Tensor:
    from torch.optim.swa_utils import update_bn

    net = network(norm)
    update_bn([X, X + 1], net)
    return torch.cat([buffer.flatten() for buffer in net.buffers()])


def synchronize(norm: Norm) -> Tensor:
    net = nn.SyncBatchNorm.convert_sync_batchnorm(network(norm))
    converted = isinstance(net[1], nn.SyncBatchNorm)
    return torch.cat([torch.tensor([float(converted)]), net.eval()(X).detach().flatten()])


def trace(norm: Norm) -> Tensor:
    return everything(fx.symbolic_trace(network(norm)))


def extract(norm: Norm) -> Tensor:
    from torchvision.models.feature_extraction import create_feature_extractor

    net = create_feature_extractor(network(norm), ["1", "2"])
    return torch.cat(list(net(X).values())).detach()


def fuse(norm: Norm) -> Tensor:
    from torch.fx.experimental.optimization import fuse

    pair = nn.Sequential(nn.Conv1d(4, 5, 1), norm(5)).eval()
    return torch.tensor(len(list(fuse(pair).modules())))


def transformed(transform: Callable[..., Tensor], **settings: object) -> Callable[[Norm], Tensor]:
    def use(norm: Norm) -> Tensor:
        return transform(network(norm, **settings)).detach()

    return use


def per_sample(net: nn.Module) -> Tensor:
    func.replace_all_batch_norm_modules_(net)
    y: Tensor = func.vmap(net)(torch.stack([X, 2 * X]))
    return y


def ensemble(net: nn.Module) -> Tensor:
    weights = {name: torch.stack([p, 2 * p]) for name, p in net.named_parameters()}

    def loss(weights: dict[str, Tensor]) -> Tensor:
        y: Tensor = func.functional_call(net, weights, (X,))
        return y.square().sum()

    return torch.cat([g.flatten() for g in func.vmap(func.grad(loss))(weights).values()])


def dual(norm: Norm) -> Tensor:
    with forward_ad.dual_level():
        y = network(norm)(forward_ad.make_dual(X, X.sin()))
        tangent: Tensor = forward_ad.unpack_dual(y).tangent
    return tangent.detach()


def prune(norm: Norm) -> Tensor:
    from torch.nn.utils import prune

    net = network(norm)
    prune.random_unstructured(net[1], "weight", 0.5)
    return everything(net)


def parametrize(norm: Norm) -> Tensor:
    from torch.nn.utils import parametrize

    net = network(norm)
    parametrize.register_parametrization(net[1], "weight", nn.Softplus())
    return everything(net)


def autocast(norm: Norm) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        y: Tensor = network(norm).float()(X.float())
    return y.detach().float().round(decimals=1)


def checkpoint(norm: Norm) -> Tensor:
    from torch.utils.checkpoint import checkpoint

    net = network(norm)
    return everything(net, lambda x: checkpoint(net, x, use_reentrant=False))


def compiled(momentum: float | None) -> Callable[[Norm], Tensor]:
    def use(norm: Norm) -> Tensor:
        torch.compiler.reset()
        net = network(norm, momentum=momentum)
        return everything(net, torch.compile(net, backend="aot_eager", fullgraph=True))

    return use


def export(norm: Norm) -> Tensor:
    return everything(torch.export.export(network(norm), (X,)).module())


def distribute(norm: Norm) -> Tensor:
    from torch import distributed
    from torch.nn.parallel import DistributedDataParallel

    if sys.platform in LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
    with tempfile.TemporaryDirectory() as folder:
        url = f"file://{folder}/store"
        distributed.init_process_group("gloo", init_method=url, rank=0, world_size=1)
        try:
            return everything(DistributedDataParallel(network(norm)))
        finally:
            distributed.destroy_process_group()
