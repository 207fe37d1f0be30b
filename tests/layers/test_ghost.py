"""Ghost batch normalization against the same layer on each group."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.ghost import GhostBatchNorm1d
from tests.layers.values import CHANNELS, close, double, gradients, seeded


@pytest.mark.parametrize("shape", [(12, CHANNELS), (12, CHANNELS, 5)])
def test_ghost_is_batch_normalization_of_every_group(shape):
    layer = double(GhostBatchNorm1d, CHANNELS, 3)
    x = 2 * seeded(*shape) - 1
    means, variances = [], []
    parts = []
    for part in x.split(3):
        dims = [0, *range(2, x.dim())]
        means.append(part.mean(dims))
        variances.append(part.var(dims, correction=1))
        parts.append(F.batch_norm(part, None, None, layer.weight, layer.bias, True, eps=layer.eps))
    expected = torch.cat(parts)
    close(layer(x), expected)
    close(layer.running_mean, 0.1 * torch.stack(means).mean(0))
    close(layer.running_var, 0.9 + 0.1 * torch.stack(variances).mean(0))
    assert layer.num_batches_tracked == 1


def test_ghost_with_one_group_is_batch_normalization():
    ghost, batch = double(GhostBatchNorm1d, CHANNELS, 8), double(BatchNorm1d, CHANNELS)
    for step in range(3):
        x = seeded(8, CHANNELS, seed=step) + 3
        for a, b in zip(gradients(ghost, x), gradients(batch, x), strict=True):
            close(a, b)
    close(ghost.state_dict(), batch.state_dict())
    close(ghost.eval()(x), batch.eval()(x))


def test_ghost_groups_of_one_sequence_are_instance_normalization():
    x = seeded(6, CHANNELS, 7)
    close(GhostBatchNorm1d(CHANNELS, 1).double()(x), nn.InstanceNorm1d(CHANNELS, dtype=x.dtype)(x))


def test_ghost_groups_do_not_feel_each_other():
    layer, x = GhostBatchNorm1d(CHANNELS, 4), seeded(8, CHANNELS, dtype=torch.float32)
    other = torch.cat([x[:4], 5 * x[4:] + 1])
    assert torch.equal(layer(x)[:4], layer(other)[:4])


def test_ghost_takes_what_batch_normalization_saved_and_any_batch_in_evaluation():
    batch = double(BatchNorm1d, CHANNELS)
    batch(seeded(8, CHANNELS))
    ghost = GhostBatchNorm1d(CHANNELS, 4).double()
    ghost.load_state_dict(batch.state_dict())
    x = seeded(3, CHANNELS, seed=5)
    close(ghost.eval()(x), batch.eval()(x))


def test_ghost_without_running_statistics_groups_in_evaluation_too():
    layer = GhostBatchNorm1d(CHANNELS, 2, track_running_stats=False, affine=False).eval().double()
    x = seeded(6, CHANNELS)
    close(layer(x), layer.train()(x))
    assert layer.state_dict() == {}


def test_ghost_refuses_what_does_not_divide():
    with pytest.raises(ValueError, match=r"batch of 7 .* groups of 4.*multiple of 4"):
        GhostBatchNorm1d(CHANNELS, 4)(torch.zeros(7, CHANNELS))
    with pytest.raises(ValueError, match=r"more than 1 value per channel in a group"):
        GhostBatchNorm1d(CHANNELS, 1)(torch.zeros(4, CHANNELS))
    with pytest.raises(ValueError, match="group_size is 0"):
        GhostBatchNorm1d(CHANNELS, 0)
    with pytest.raises(ValueError, match="2D or 3D"):
        GhostBatchNorm1d(CHANNELS, 2)(torch.zeros(4))
    assert GhostBatchNorm1d(CHANNELS, 2)(torch.zeros(0, CHANNELS)).shape == (0, CHANNELS)
