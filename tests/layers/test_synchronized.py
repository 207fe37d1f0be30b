"""Synchronised statistics in real processes against one process that has the whole batch."""

import os
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest
import torch
import torch.distributed as dist
from torch import nn

from bnutils.data import load
from bnutils.layers.batchnorm import BatchNorm1d
from bnutils.layers.synchronized import SyncBatchNorm1d, combine_moments
from bnutils.studies.batch_size_study import study_network
from bnutils.studies.devices.devices import DeviceError, Devices
from bnutils.studies.devices.process import LOOPBACK
from bnutils.studies.devices.tasks import one_pass, own_rows, running_means, train_on_devices
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack
from tests import ROOT
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("one_thread")
SHARES = [(6, 6), (9, 3), (11, 1), (12, 0), (0, 12)]
TOLERANCE = {torch.float32: 1e-6, torch.float64: 1e-12}


@pytest.fixture(scope="module")
def devices():
    with Devices(2) as two:
        yield two


def seeded(*shape, dtype=torch.float64, seed=0):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


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
def test_shares_must_divide_the_batch():
    with pytest.raises(ValueError, match="do not divide 3 rows among 1 devices"):
        own_rows(torch.ones(3, 1), (2, 1))


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


def test_broadcast_buffers_are_rank_zeros(devices):
    x = seeded(4, 8, 2, dtype=torch.float32)
    x[:, 4:] += 3  # what the second device sees
    zero, one = devices.run(running_means, x, (4, 4), True)
    alone, other = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    for batch, before, after in zip(x, zero, one[1:], strict=False):
        alone(batch[:4])
        expected = before.lerp(batch[4:].mean(0), 0.1)
        torch.testing.assert_close(after, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(zero[-1], alone.running_mean, rtol=0, atol=1e-6)
    zero, one = devices.run(running_means, x, (4, 4), False)
    for batch in x:
        other(batch[4:])
    torch.testing.assert_close(zero[-1], alone.running_mean, rtol=0, atol=1e-6)
    torch.testing.assert_close(one[-1], other.running_mean, rtol=0, atol=1e-6)


def ddp_running_means(x, shares, broadcast):
    """What `running_means` returns, by PyTorch's DistributedDataParallel."""
    import inspect

    from torch.nn.parallel import DistributedDataParallel

    known = inspect.signature(DistributedDataParallel).parameters
    name = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
    layer = nn.BatchNorm1d(x.shape[2])
    replica = DistributedDataParallel(layer, **{name: broadcast})
    means = [layer.running_mean.clone()]
    for batch in x:
        replica(own_rows(batch, shares)).sum().backward()
        means.append(layer.running_mean.clone())
    return torch.stack(means)


@pytest.mark.slow  # DDP takes seconds to import
def test_running_means_are_those_of_ddp(devices):
    x = seeded(3, 8, 2, dtype=torch.float32)
    for broadcast in (True, False):
        ours = devices.run(running_means, x, (5, 3), broadcast)
        theirs = devices.run(ddp_running_means, x, (5, 3), broadcast)
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-7)


def test_training_on_two_devices_is_training_on_the_whole_batch(devices):
    digits = load("digits")
    networks = {
        norm: partial(study_network, sizes=(64, 12, 10), norm=norm)
        for norm in (SyncBatchNorm1d, BatchNorm1d)
    }
    lrs, seeds, steps = (0.05, 0.1), (0, 1), 3
    task = partial(train_on_devices, batch_size=8, steps=steps)
    states = devices.run(task, networks[SyncBatchNorm1d], digits, lrs, seeds)
    own = devices.run(task, networks[BatchNorm1d], digits, lrs, seeds)
    replicas = [(lr, seed) for lr in lrs for seed in seeds]
    nets = [networks[BatchNorm1d](seed) for _, seed in replicas]
    stacked = stack(nets)
    recipe = Recipe(batch_size=8, steps=steps)
    rates, orders = zip(*replicas, strict=True)
    list(descend(stacked, digits, recipe, lrs=rates, seeds=orders))
    unstack(stacked, nets)
    whole_batch = [net.state_dict() for net in nets]
    for first, second, alone, expected in zip(*states, own[0], whole_batch, strict=True):
        torch.testing.assert_close(first, expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(second, expected, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(alone["1.weight"], expected["1.weight"], atol=1e-3)


def fail_on_one():
    print("on its way")
    if dist.get_rank() == 1:
        raise RuntimeError("a fault of device 1")
    dist.all_reduce(torch.ones(1))  # waits for device 1


def leave():
    os._exit(3)


def test_an_error_ends_all_devices_and_says_why():
    devices = Devices(2)
    children = [process.pid for process in devices._processes]
    with pytest.raises(DeviceError, match=r"(?s)device 1: fail_on_one.*a fault of device 1"):
        devices.run(fail_on_one)
    assert not any(alive(pid) for pid in children)
    with pytest.raises(DeviceError, match="closed"):
        devices.run(fail_on_one)


def test_devices_end_with_a_process_that_is_killed_amid_a_task(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import time\nfrom bnutils.studies.devices.devices import Devices\n"
        "if __name__ == '__main__':\n"
        "    devices = Devices(2)\n    print(flush=True)\n    devices.run(time.sleep, 600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, program], env=environment, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        time.sleep(0.5)  # the task begins
        children = psutil.Process(process.pid).children()
        process.kill()
        _, alive = psutil.wait_procs(children, timeout=PATIENCE)
    assert len(children) >= 2 and alive == []


def test_devices_end_with_a_process_that_is_killed_while_they_import(tmp_path):
    (tmp_path / "torch.py").write_text(
        f"open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        "import threading\nthreading.Event().wait()\n"
    )
    program = (
        "import sys\nfrom bnutils.studies.devices.devices import Devices\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "Devices(1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        wait_until((tmp_path / "begun").exists, "the import")
        children = psutil.Process(process.pid).children()
        process.kill()
        wait_until(lambda: not any(map(running, children)), "every process to end")


def test_a_device_that_ends_is_noticed():
    with Devices(1) as devices, pytest.raises(DeviceError, match=r"leave: .* ended"):
        devices.run(leave)


def test_no_answer_in_time_is_an_error():
    with Devices(1) as devices:
        devices.timeout = 0.2
        with pytest.raises(DeviceError, match=r"no answer within 0\.2 seconds"):
            devices.run(time.sleep, 3600)


def running(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow  # two more imports of torch
def test_no_process_survives_a_kernel_that_is_killed():
    program = (
        "import os\n"
        "from bnutils.studies.devices.devices import Devices\n"
        "if __name__ == '__main__':\n"
        "    devices = Devices(1)\n"
        "    print(devices._processes[0].pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    wait_until(lambda: not alive(int(done.stdout)), "the device to end")


def test_a_function_of_the_notebook_is_refused(devices):
    def local():
        pass

    local.__module__ = "__main__"
    with pytest.raises(ValueError, match="import it from a module"):
        devices.run(local)


def test_no_devices_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Devices(0)
