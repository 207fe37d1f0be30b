"""Networks trained side by side against the same networks trained one by one."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils import BatchNorm1d
from bnutils.networks import mlp
from bnutils.replicas import stack, unstack

NORMS = {
    "none": None,
    "ours": BatchNorm1d,
    "ours, cumulative": partial(BatchNorm1d, momentum=None),
    "ours, plain": partial(BatchNorm1d, affine=False, track_running_stats=False),
    "pytorch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
    "group": partial(nn.GroupNorm, 2),
}
SEEDS, SIZES, STEPS = 3, [10, 16, 16, 4], 200


def make_batches(dtype):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((STEPS, SEEDS, 6, 10), generator=generator, dtype=dtype)
    y = torch.randint(4, (STEPS, SEEDS, 6), generator=generator)
    return x, y


def train_alone(net, images, labels, lr=0.05):
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for x, y in zip(images, labels, strict=True):
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def train_stacked(stacked, images, labels, lr=0.05):
    optimizer = torch.optim.SGD(stacked.parameters(), lr=lr)
    for x, y in zip(images, labels, strict=True):
        optimizer.zero_grad()
        loss = F.cross_entropy(stacked(x).mT, y, reduction="none").mean(1).sum()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Sigmoid, nn.Tanh])
@pytest.mark.parametrize("norm", NORMS)
def test_side_by_side_equals_one_by_one(norm, activation, dtype, tolerance):
    build = partial(mlp, SIZES, norm=NORMS[norm], activation=activation)
    alone = [build(seed=seed).to(dtype) for seed in range(SEEDS)]
    together = copy.deepcopy(alone)
    images, labels = make_batches(dtype)
    for seed, net in enumerate(alone):
        train_alone(net, images[:, seed], labels[:, seed])
    stacked = stack(together)
    train_stacked(stacked, images, labels)
    before = copy.deepcopy(together[0].state_dict())
    unstack(stacked, together)
    assert not torch.equal(before["1.weight"], together[0].state_dict()["1.weight"])
    for net, reference in zip(together, alone, strict=True):
        for name, value in reference.state_dict().items():
            torch.testing.assert_close(
                net.state_dict()[name], value, rtol=tolerance, atol=tolerance, msg=name
            )
        net.eval(), reference.eval()
        torch.testing.assert_close(
            net(images[0, 0]), reference(images[0, 0]), rtol=tolerance, atol=tolerance
        )


def test_a_replica_that_diverges_leaves_the_others_alone():
    nets = [mlp(SIZES, norm=BatchNorm1d, seed=seed) for seed in range(2)]
    x = torch.randn((2, 6, 10), generator=torch.Generator().manual_seed(0))
    expected = nets[1](x[1]).detach()
    nets[0][1].weight.data.fill_(float("nan"))
    y = stack(nets)(x)
    assert y[0].isnan().all()
    torch.testing.assert_close(y[1], expected)


def test_an_unknown_layer_is_named_with_the_way_out():
    nets = [nn.Sequential(nn.Linear(3, 2), nn.Bilinear(2, 2, 2)) for _ in range(2)]
    with pytest.raises(TypeError, match=r"Bilinear.*one by one.*stack_layer\.register"):
        stack(nets)


def test_refuses_no_networks_and_different_architectures():
    with pytest.raises(ValueError, match="at least one network"):
        stack([])
    with pytest.raises(ValueError, match="one architecture"):
        stack([mlp([3, 2]), mlp([3, 4, 2])])
