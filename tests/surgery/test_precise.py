"""Recomputed statistics against means and variances taken by hand."""

import copy
from functools import partial

import pytest
import torch
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d, BatchNorm2d
from bnutils.layers.ghost import GhostBatchNorm1d
from bnutils.layers.renorm import BatchRenorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.mistakes import ShortBatchNorm
from bnutils.networks.mlp import mlp
from bnutils.surgery.precise import adapt_statistics, precise_statistics
from bnutils.wide import stack


def seeded(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("norm", [BatchNorm1d, nn.BatchNorm1d])
def test_the_statistics_are_plain_averages_over_the_batches(norm):
    net = nn.Sequential(nn.Linear(3, 4), norm(4, momentum=0.03), nn.Dropout(0.5), norm(4)).double()
    net(seeded(8, 3, seed=9) + 5)  # leaves old statistics, to be forgotten
    batches = [seeded(6, 3, seed=seed) * (seed + 1) for seed in range(4)]
    precise = precise_statistics(net, iter(batches))
    hidden = [net[0](x) for x in batches]
    close(precise[1].running_mean, torch.stack([h.mean(0) for h in hidden]).mean(0))
    close(precise[1].running_var, torch.stack([h.var(0) for h in hidden]).mean(0))
    # Without dropout, the second layer gets what the first one made of each batch's own moments.
    y = [(h - h.mean(0)) / (h.var(0, correction=0) + 1e-5).sqrt() for h in hidden]
    close(precise[3].running_var, torch.stack([h.var(0) for h in y]).mean(0))
    assert precise[1].momentum == 0.03
    assert all(part.training for part in precise.modules())


def test_images_count_every_position():
    layer = BatchNorm2d(2, dtype=torch.float64)
    x = seeded(3, 2, 4, 5)
    precise = precise_statistics(layer.eval(), [x])
    close(precise.running_mean, x.mean((0, 2, 3)))
    close(precise.running_var, x.var((0, 2, 3)))
    assert not precise.training


def test_the_network_and_its_mode_stay_as_they_were():
    net = mlp([3, 4, 2], norm=BatchNorm1d).double()
    net[2].eval()
    state = copy.deepcopy(net.state_dict())
    precise = precise_statistics(net, [seeded(6, 3)])
    adapted = adapt_statistics(net, seeded(6, 3))
    for name, value in net.state_dict().items():
        close(value, state[name])
    for other in (precise, adapted):
        assert [part.training for part in other.modules()] == [
            part.training for part in net.modules()
        ]
        assert other[2].momentum == 0.1


@pytest.mark.parametrize("prior", [0.0, 16.0, 100.0])
def test_adapted_statistics_are_a_weighted_mean(prior):
    net = nn.Sequential(nn.Linear(3, 4), BatchNorm1d(4), nn.ReLU(), nn.BatchNorm1d(4)).double()
    for seed in range(3):
        net(seeded(8, 3, seed=seed))
    x = seeded(7, 3, seed=5) * 4 + 1
    adapted = adapt_statistics(net.eval(), x, prior=prior)
    h = x
    with torch.no_grad():
        for old, new in zip(net, adapted, strict=True):
            if hasattr(old, "running_mean"):
                for name, own in (("mean", h.mean(0)), ("var", h.var(0))):
                    kept = getattr(old, f"running_{name}")
                    expected = (prior * kept + 7 * own) / (prior + 7)
                    close(getattr(new, f"running_{name}"), expected)
            h = new.eval()(h)


def test_a_huge_prior_changes_nothing():
    net = mlp([3, 4, 2], norm=BatchNorm1d).double().eval()
    x = seeded(7, 3) + 3
    torch.testing.assert_close(adapt_statistics(net, x, prior=1e15)(x), net(x))


def test_a_stack_is_adapted_as_each_network_alone():
    nets = [mlp([3, 4, 5, 2], norm=BatchNorm1d, seed=seed).double().eval() for seed in range(3)]
    x = seeded(3, 7, 3)
    together = adapt_statistics(stack(nets), x, prior=5, dim=1)(x)
    for index, net in enumerate(nets):
        close(together[index], adapt_statistics(net, x[index], prior=5)(x[index]))
    precise = precise_statistics(stack(nets), [x])(x)
    for index, net in enumerate(nets):
        close(precise[index], precise_statistics(net, [x[index]])(x[index]))


@pytest.mark.parametrize(
    ("norm", "shape"),
    [(nn.BatchNorm3d, (6, 3, 2, 2, 2)), (nn.SyncBatchNorm, (6, 3)), (SyncBatchNorm1d, (6, 3)),
     (partial(GhostBatchNorm1d, group_size=3), (6, 3, 2))],
)  # fmt: skip
def test_every_kind_of_layer_is_computed_anew(norm, shape):
    net = nn.Sequential(norm(3), nn.Flatten(), nn.LazyLinear(4), BatchNorm1d(4)).double()
    net(seeded(*shape) + 7)  # old statistics, to be forgotten
    precise = precise_statistics(net, [seeded(*shape, seed=s) for s in (1, 2)])
    expected = torch.stack(
        [seeded(*shape, seed=s).transpose(0, 1).flatten(1).mean(1) for s in (1, 2)]
    )
    close(precise[0].running_mean, expected.mean(0))


def test_pooled_statistics_are_those_of_all_values():
    norm = BatchNorm1d(3, dtype=torch.float64)
    batches = [100 + seeded(m, 3, 2, seed=m) * m for m in (2, 5, 7)]  # few, and unlike one another
    values = torch.cat(batches).transpose(0, 1).flatten(1)  # [C, values]
    pooled = precise_statistics(norm, batches, pooled=True)
    close(pooled.running_mean, values.mean(1))
    close(pooled.running_var, values.var(1, correction=0))
    assert (pooled.momentum, pooled._forward_hooks) == (0.1, {})
    plain = precise_statistics(norm, batches)
    assert not torch.allclose(plain.running_var, pooled.running_var, rtol=0.1)


def test_pooling_a_layer_at_two_places_takes_the_values_of_both():
    norm = BatchNorm1d(3, affine=False, dtype=torch.float64)
    x = seeded(9, 3) + 4
    pooled = precise_statistics(nn.Sequential(norm, norm), [x], pooled=True)[0]
    close(pooled.running_mean, torch.cat([x, norm(x)]).mean(0))


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.head = BatchNorm1d(3), BatchNorm1d(3)

    def forward(self, x):
        return self.norm(x) + (self.head(x) if self.training else 0)


def uncounted():
    norm = nn.BatchNorm1d(3)
    norm.num_batches_tracked = None
    return norm


@pytest.mark.parametrize(
    ("net", "options", "message"),
    [
        (BatchRenorm1d(3), {}, "BatchRenorm1d, of which nothing is known"),
        (nn.Sequential(BatchNorm1d(3), ShortBatchNorm(3)), {}, "layer '1' is .*ShortBatchNorm"),
        (nn.InstanceNorm1d(3, track_running_stats=True), {}, "InstanceNorm1d"),
        (GhostBatchNorm1d(3, 2), {"pooled": True}, "GhostBatchNorm1d"),
        (Unused(), {}, "layer 'head' got none of the batches"),
        (nn.Sequential(BatchNorm1d(3), uncounted()), {}, r"layers \['1'\] count no batches"),
    ],
)
def test_what_would_keep_wrong_statistics_is_refused(net, options, message):
    with pytest.raises(ValueError, match=message):
        precise_statistics(net, [seeded(4, 3).float()], **options)


def test_adapting_refuses_a_layer_at_two_places():
    norm = BatchNorm1d(3)
    with pytest.raises(ValueError, match="stands at two places"):
        adapt_statistics(nn.Sequential(norm, nn.Tanh(), norm), seeded(4, 3).float())


def test_wrong_input_is_told():
    net = mlp([3, 4, 2], norm=BatchNorm1d)
    with pytest.raises(ValueError, match="no batches"):
        precise_statistics(net, [])
    with pytest.raises(ValueError, match="prior is -1"):
        adapt_statistics(net, seeded(4, 3).float(), prior=-1)
    with pytest.raises(ValueError, match="no batch normalization"):
        precise_statistics(mlp([3, 4, 2]), [seeded(4, 3).float()])
