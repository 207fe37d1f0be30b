"""Devices, each a process: what they compute together, and how they end."""

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
from bnutils.layers.synchronized import SyncBatchNorm1d
from bnutils.studies.batch_size import study_network
from bnutils.studies.devices.group import DeviceError, Devices
from bnutils.studies.devices.tasks import own_rows, running_means, train_on_devices
from bnutils.training.descent import descend
from bnutils.training.recipe import Recipe
from bnutils.wide import stack, unstack
from tests import ROOT
from tests.layers.values import seeded
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def devices():
    with Devices(2) as two:
        yield two


def test_shares_must_divide_the_batch(monkeypatch):
    monkeypatch.setattr(dist, "get_world_size", lambda: 1)
    with pytest.raises(ValueError, match="do not divide 3 rows among 1 devices"):
        own_rows(torch.ones(3, 1), (2, 1))


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
    lrs, seeds, steps = (0.05, 0.1, 0.1), (0, 0, 1), 3
    task = partial(train_on_devices, batch_size=8, steps=steps)
    data = {seed: digits.resampled(seed, train=50) for seed in seeds}
    states = devices.run(task, networks[SyncBatchNorm1d], data, lrs, seeds)
    own = devices.run(task, networks[BatchNorm1d], data, lrs, seeds)
    recipe, whole_batch = Recipe(batch_size=8, steps=steps), []
    for lr, seed in zip(lrs, seeds, strict=True):
        stacked = stack([net := networks[BatchNorm1d](seed)])
        list(descend(stacked, data[seed], recipe, lrs=[lr], seeds=[seed]))
        unstack(stacked, [net])
        whole_batch.append(net.state_dict())
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
    begun = tmp_path / "begun"
    (tmp_path / "asleep.py").write_text(
        f"import time\ndef sleep():\n    open({str(begun)!r}, 'w').close()\n    time.sleep(600)\n"
    )
    program = tmp_path / "program.py"
    program.write_text(
        "from asleep import sleep\nfrom bnutils.studies.devices.group import Devices\n"
        "if __name__ == '__main__':\n    Devices(1).run(sleep)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program], env=environment) as process:
        wait_until(begun.exists, "the task")
        children = psutil.Process(process.pid).children()
        process.kill()
        wait_until(lambda: not any(map(running, children)), "every process to end")
    assert children


def test_devices_end_with_a_process_that_is_killed_while_they_import(tmp_path):
    (tmp_path / "torch.py").write_text(
        f"open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        "import threading\nthreading.Event().wait()\n"
    )
    program = (
        "import sys\nfrom bnutils.studies.devices.group import Devices\n"
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
        "from bnutils.studies.devices.group import Devices\n"
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
