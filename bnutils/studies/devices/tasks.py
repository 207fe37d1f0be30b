"""What one of several devices computes: a pass, its running statistics, a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

from bnutils.data.dataset import Dataset
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.training.batches import batches
from bnutils.wide import stack, unstack


def own_rows(x: Tensor, shares: Sequence[int]) -> Tensor:
    """The rows of ``x`` [B, ...] that this device gets, of ``shares[k]`` rows for device k.

    Raises ValueError where the shares are not one for each device, or not B in all.
    """
    devices = dist.get_world_size()
    if len(shares) != devices or sum(shares) != len(x):
        raise ValueError(
            f"shares {list(shares)} do not divide {len(x)} rows among {devices} devices"
        )
    rows: Tensor = x.split(list(shares))[dist.get_rank()]
    return rows


def one_pass(layer: nn.Module, x: Tensor, dy: Tensor, shares: Sequence[int]) -> dict[str, Tensor]:
    """A forward and a backward pass of ``layer`` on this device's rows of ``x`` [B, C, ...].

    The loss is the sum of y·``dy`` over all devices. Returns the rows ``y`` and ``dx``, and after
    adding up over the devices the gradients ``dweight`` and ``dbias``; and the running statistics.
    """
    x = own_rows(x, shares).clone().requires_grad_()  # [B_k, C, ...]
    y = layer(x)
    (y * own_rows(dy, shares)).sum().backward()
    found = {"y": y.detach(), "dx": x.grad, **dict(layer.named_buffers())}
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None
        dist.all_reduce(parameter.grad)  # until here it is this device's share
        found[f"d{name}"] = parameter.grad
    return {name: value for name, value in found.items() if value is not None}


def running_means(x: Tensor, shares: Sequence[int], broadcast: bool) -> Tensor:
    """The running means [T + 1, C] that this device holds in T training steps on ``x`` [T, B, C].

    Row t is what the device would save after t forward passes. With ``broadcast`` all devices
    take over the buffers of device 0 before each pass, as DistributedDataParallel has them do.
    """
    layer = BatchNorm1d(x.shape[2])
    assert layer.running_mean is not None
    history = [layer.running_mean.clone()]
    for batch in x:
        if broadcast:
            for buffer in layer.buffers():
                dist.broadcast(buffer, src=0)
        layer(own_rows(batch, shares))
        history.append(layer.running_mean.clone())
    return torch.stack(history)


def train_on_devices(
    build: Callable[[int], nn.Sequential],
    data: Mapping[int, Dataset],
    lrs: Sequence[float],
    seeds: Sequence[int],
    *,
    batch_size: int,
    steps: int,
) -> list[dict[str, Tensor]]:
    """States of networks ``build(seed)`` trained by SGD, of R ``seeds`` at R rates ``lrs``.

    A seed has its own data set. Each batch of ``batch_size`` is dealt out to the devices in equal
    parts, and the gradients of their mean losses are averaged, as DDP does. The networks train
    side by side as one stack. The state is this device's: its running statistics are its own where
    they are not synchronised.
    """
    nets = [build(seed) for seed in seeds]
    stacked, rates = stack(nets), torch.tensor(lrs)
    parameters = [p for p in stacked.parameters() if p.requires_grad]
    streams = [batches(data[seed], batch_size, [seed]) for seed in seeds]
    rank, devices = dist.get_rank(), dist.get_world_size()
    for _ in range(steps):
        whole = map(torch.cat, zip(*map(next, streams), strict=True))
        images, labels = (part.chunk(devices, dim=1)[rank] for part in whole)  # [R, B_k, ...]
        losses = F.cross_entropy(stacked(images).mT, labels, reduction="none").mean(1)  # [R]
        stacked.zero_grad()
        (losses * rates).sum().backward()
        flat = torch.cat([p.grad.flatten() for p in parameters if p.grad is not None])
        dist.all_reduce(flat)  # one message for all gradients
        sizes = [p.numel() for p in parameters]
        with torch.no_grad():
            for parameter, gradient in zip(parameters, flat.split(sizes), strict=True):
                parameter.sub_(gradient.view_as(parameter) / devices)
    unstack(stacked, nets)
    return [net.state_dict() for net in nets]
