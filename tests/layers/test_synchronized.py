"""Synchronised statistics in real processes against one process that has the whole batch."""

import sys

import pytest
import torch
import torch.distributed as dist
from torch import nn

from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d, combine_moments
from bnutils.studies.devices.group import Devices
from bnutils.studies.devices.process import LOOPBACK
from bnutils.studies.devices.tasks import one_pass
from tests.layers.values import seeded

pytestmark = pytest.mark.usefixtures("one_thread")
SHARES = [(6, 6), (9, 3), (11, 1), (12, 0), (0, 12)]
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}


@pytest.fixture(scope="module")
def devices():
    with Devices(2) as two:
        yield two


def layer_of(kind, channels, dtype=torch.float64, **settings):
    layer = kind(channels, dtype=dtype, **settings)
    with torch.no_grad():
        for seed, parameter in enumerate(layer.parameters()):
            parameter.copy_(seeded(channels, dtype=dtype, seed=seed) + 1)
    return layer


def whole(layer, x, dy):
    x = x.clone().requires_grad_()
    y = layer(x)
    (y * dy).sum().backward()
    gradients = {f"d{name}": p.grad for name, p in layer.named_parameters()}
    return {"y": y.detach(), "dx": x.grad, **gradients, **dict(layer.named_buffers())}


def assert_equal_to_whole(devices, ours, theirs, x, dy, shares):
    parts = devices.run(one_pass, ours, x, dy, shares)
    for name, expected in whole(theirs, x, dy).items():
        tolerance = {"rtol": TOLERANCE[x.dtype], "atol": TOLERANCE[x.dtype]}
        if name in ("y", "dx"):
            torch.testing.assert_close(torch.cat([p[name] for p in parts]), expected, **tolerance)
        else:
            for part in parts:
                torch.testing.assert_close(part[name], expected, **tolerance)


@pytest.mark.parametrize("moments", [(1, 4), (2, 3), (7, 2, 1, 5), (3, 0, 4)])
def test_combined_moments_are_those_of_all_values(moments):
    x = seeded(sum(moments), 3) + 5
    parts = x.split(list(moments))
    means = torch.stack([part.sum(0) / max(len(part), 1) for part in parts])
    squares = torch.stack([((p - m) ** 2).sum(0) for p, m in zip(parts, means, strict=True)])
    mean, var = combine_moments(torch.tensor(moments, dtype=x.dtype), means, squares)
    torch.testing.assert_close(mean, x.mean(0), rtol=0, atol=1e-14)
    torch.testing.assert_close(var, x.var(0, correction=0), rtol=0, atol=1e-14)


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_two_devices_equal_the_whole_batch(devices, dtype, shares):
    x, dy = seeded(12, 5, dtype=dtype) * 2 + 1, seeded(12, 5, dtype=dtype, seed=1)
    ours, theirs = layer_of(SyncBatchNorm1d, 5, dtype), layer_of(nn.BatchNorm1d, 5, dtype)
    assert_equal_to_whole(devices, ours, theirs, x, dy, shares)


@pytest.mark.parametrize("settings", [{"affine": False}, {"momentum": None}, {"eps": 0.1}])
def test_two_devices_equal_the_whole_batch_with_other_settings(devices, settings):
    x, dy = seeded(12, 4, 3), seeded(12, 4, 3, seed=1)  # sequences
    ours, theirs = (layer_of(kind, 4, **settings) for kind in (SyncBatchNorm1d, nn.BatchNorm1d))
    assert_equal_to_whole(devices, ours, theirs, x, dy, (8, 4))


def test_without_running_statistics(devices):
    x = seeded(12, 4)
    ours, theirs = (
        layer_of(kind, 4, track_running_stats=False) for kind in (SyncBatchNorm1d, nn.BatchNorm1d)
    )
    assert_equal_to_whole(devices, ours, theirs, x, x, (5, 7))


def test_a_large_mean_does_not_spoil_float32(devices):
    x = seeded(12, 5, dtype=torch.float32) + 10_000
    parts = devices.run(one_pass, SyncBatchNorm1d(5), x, torch.ones_like(x), (9, 3))
    exact = nn.functional.batch_norm(x.double(), None, None, training=True)
    y = torch.cat([part["y"] for part in parts])
    torch.testing.assert_close(y.double(), exact, rtol=0, atol=1e-5)


def test_per_device_statistics_differ_from_the_whole_batch(devices):
    x = seeded(12, 5)
    parts = devices.run(one_pass, BatchNorm1d(5, dtype=x.dtype), x, x, (6, 6))
    y = torch.cat([part["y"] for part in parts])
    expected = torch.cat([BatchNorm1d(5, dtype=x.dtype)(half) for half in x.chunk(2)])
    torch.testing.assert_close(y, expected.detach(), rtol=0, atol=1e-14)
    assert (y - BatchNorm1d(5, dtype=x.dtype)(x)).abs().max() > 0.1


@pytest.fixture
def group_of_one(tmp_path, monkeypatch):
    """A process group that consists of the tests' own process."""
    if sys.platform in LOOPBACK:
        monkeypatch.setenv("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
    store = dist.FileStore(str(tmp_path / "store"), 1)
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("group_of_one")
def test_one_value_in_all_is_refused():
    with pytest.raises(ValueError, match=r"more than 1 value per channel .* got 1 in all 1"):
        SyncBatchNorm1d(3)(torch.ones(1, 3))


@pytest.mark.usefixtures("group_of_one")
@pytest.mark.parametrize("missing", [(), ("weight",), ("bias",), ("weight", "bias")])
def test_gamma_or_beta_may_lack_and_the_output_be_overwritten(missing):
    found = []
    for kind in (SyncBatchNorm1d, nn.BatchNorm1d):
        layer = layer_of(kind, 3)
        for name in missing:
            setattr(layer, name, None)
        x = seeded(8, 3).requires_grad_()
        y = layer(x)
        y = y.relu_() if kind is SyncBatchNorm1d else y.relu()
        y.square().sum().backward()
        found.append([y, x.grad, *(p.grad for p in layer.parameters())])
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("group_of_one")
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.complex64])
def test_refuses_what_is_no_floating_point_number(dtype):
    with pytest.raises(NotImplementedError, match="convert the input"):
        SyncBatchNorm1d(3)(torch.ones(8, 3, dtype=dtype))


def test_alone_and_in_evaluation_it_is_the_plain_layer():
    sync, plain = layer_of(SyncBatchNorm1d, 3), layer_of(BatchNorm1d, 3)
    for _ in range(2):
        torch.testing.assert_close(sync(seeded(8, 3)), plain(seeded(8, 3)), rtol=0, atol=0)
        sync.eval(), plain.eval()
    assert sync.state_dict().keys() == plain.state_dict().keys()
