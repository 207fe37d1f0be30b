"""Downloads, from a server on this machine: whole or not at all, and the automatic choice."""

import errno
import gc
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import MNIST, utils

from bnutils.data import DataError, download, load, loading, probe, resolve
from tests import ROOT
from tests.data.data_mirror import (
    Mirror,
    cifar_files,
    idx_files,
    md5_sum,
    running_mirror,
    use_small_data,
)
from tests.waiting import PATIENCE

# torchvision keeps the answers of servers that refused or broke off, with their connections.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

FILES = {
    "mnist": ("MNIST/raw", list(idx_files(1))),
    "fashion-mnist": ("FashionMNIST/raw", list(idx_files(2))),
    "cifar10": ("cifar-10-batches-py", list(cifar_files())),
}
ARCHIVE = {
    "mnist": "/mnist/t10k-images-idx3-ubyte.gz",
    "fashion-mnist": "/fashion-mnist/train-labels-idx1-ubyte.gz",
    "cifar10": "/cifar-10-python.tar.gz",
}


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Mirror]:
    monkeypatch.delenv("BNUTILS_DATASET", raising=False)
    monkeypatch.delenv("BNUTILS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(probe, "PROBE_SECONDS", PATIENCE)
    loading._automatic_name.cache_clear()
    with running_mirror() as server:
        server.served = use_small_data(monkeypatch, server.address)
        yield server
    loading._automatic_name.cache_clear()


@pytest.fixture(autouse=True, scope="module")
def _no_leak_outlives_this_module() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.mark.parametrize("name", FILES)
def test_download_once_in_the_layout_of_torchvision(
    mirror: Mirror, folder: Path, name: str
) -> None:
    dataset = load(name, folder)
    assert dataset.name == name
    assert [path.name for path in folder.iterdir()] == [FILES[name][0].split("/")[0]]
    present = {path.name for path in (folder / FILES[name][0]).iterdir()}
    assert present >= set(FILES[name][1])
    asked = len(mirror.requests)
    assert asked > 0
    again = load(name, folder)
    assert len(mirror.requests) == asked
    assert again.train.images.equal(dataset.train.images)


def test_cifar10_is_read_channels_first(mirror: Mirror, folder: Path) -> None:
    dataset = load("cifar10", folder)
    assert dataset.test.images.shape == (40, 3, 32, 32)
    red = np.random.default_rng(3)
    for _ in range(5):
        red.integers(0, 256, (40, 3072), dtype=np.uint8)
        red.integers(0, 10, 40)
    expected = red.integers(0, 256, (40, 3072), dtype=np.uint8)
    assert np.array_equal(dataset.test.images[:, 0].flatten(1), expected[:, :1024])
    assert dataset.mean.shape == (3,)
    assert dataset.classes == tuple(f"class {i}" for i in range(10))


def test_the_default_folder_is_made_when_it_is_needed(mirror: Mirror, tmp_path: Path) -> None:
    assert load("mnist").name == "mnist"
    assert (tmp_path / "cache" / "bnutils" / "MNIST" / "raw").is_dir()


def test_the_environment_names_the_folder(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNUTILS_DATA", str(folder))
    load("mnist")
    assert (folder / "MNIST" / "raw" / "train-images-idx3-ubyte").is_file()


def test_a_second_mirror_is_tried(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MNIST, "mirrors", [f"{mirror.address}/gone/", f"{mirror.address}/mnist/"])
    assert load("mnist", folder).name == "mnist"


def test_files_that_are_missing_are_completed(mirror: Mirror, folder: Path) -> None:
    load("mnist", folder)
    (folder / "MNIST/raw/t10k-labels-idx1-ubyte").unlink()
    assert len(load("mnist", folder).test) == 40


def assert_nothing_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["cut", "altered"])
def test_interrupted_or_altered_download(
    mirror: Mirror, folder: Path, name: str, damage: str
) -> None:
    path = ARCHIVE[name]
    content = mirror.served[path]
    if damage == "cut":
        mirror.cut.add(path)
        found = content[: len(content) // 2]
    else:
        found = content[:-1] + bytes([content[-1] ^ 1])
        mirror.served[path] = found
    with pytest.raises(DataError) as caught:
        load(name, folder)
    message = str(caught.value)
    assert f"The download of {Path(path).name}" in message
    assert f"Expected: MD5 sum {md5_sum(content)}" in message
    assert f"Found: MD5 sum {md5_sum(found)} ({len(found):,} bytes)" in message
    assert "What to do: try again with `make data`" in message
    assert caught.value.__cause__ is not None
    assert_nothing_left(folder)
    mirror.cut.clear()
    mirror.served[path] = content
    assert load(name, folder).name == name


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_the_server_has_not(mirror: Mirror, folder: Path, name: str) -> None:
    del mirror.served[ARCHIVE[name]]
    with pytest.raises(DataError, match="cannot be downloaded") as caught:
        load(name, folder)
    message = str(caught.value)
    assert Path(ARCHIVE[name]).name in message
    assert "HTTP Error 404" in message
    assert "BNUTILS_DATASET=digits" in message
    assert_nothing_left(folder)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_interruption_by_the_user_leaves_nothing(
    mirror: Mirror,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    interruption: type[BaseException],
) -> None:
    partial: list[Path] = []
    retrieve = utils._urlretrieve

    def interrupt(url: str, filename: str) -> None:
        retrieve(url, filename)
        if "t10k-images" in url:
            partial.extend(folder.rglob("train-images-idx3-ubyte"))
            raise interruption

    monkeypatch.setattr(utils, "_urlretrieve", interrupt)
    with pytest.raises(interruption):
        load("mnist", folder)
    assert len(partial) == 1  # a file had arrived
    assert_nothing_left(folder)


@pytest.mark.parametrize("before", [None, 7.0])
def test_silence_of_a_server_ends_and_the_time_limit_is_put_back(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch, before: float | None
) -> None:
    released = threading.Event()
    mirror.before = lambda path: (released.wait(PATIENCE), None)[1]
    monkeypatch.setattr(download, "DOWNLOAD_TIMEOUT", 0.2)
    original = socket.getdefaulttimeout()
    socket.setdefaulttimeout(before)
    try:
        with pytest.raises(DataError, match="timed out"):
            load("mnist", folder)
        assert socket.getdefaulttimeout() == before
    finally:
        socket.setdefaulttimeout(original)
        released.set()
    assert_nothing_left(folder)


def test_full_disk(mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(url: str, filename: str) -> None:
        Path(filename).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), filename)

    monkeypatch.setattr(utils, "_urlretrieve", full)
    with pytest.raises(DataError) as caught:
        load("mnist", folder)
    message = str(caught.value)
    assert f"in the folder {folder}, and cannot be written there" in message
    assert "a folder that can be written and has room" in message
    assert "Found: No space left on device" in message
    assert "name a folder that can be written in BNUTILS_DATA" in message
    assert_nothing_left(folder)


def test_only_abandoned_partial_downloads_are_removed(mirror: Mirror, folder: Path) -> None:
    old, young = folder / ".partial-old", folder / ".partial-young"
    for path in (old, young):
        path.mkdir()
        (path / "file").touch()
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    load("mnist", folder)
    assert not old.exists()
    assert young.exists()


def test_the_slower_of_two_downloads_is_discarded(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retrieve = utils._urlretrieve
    inner: list[float] = []
    path = folder / "MNIST/raw/train-images-idx3-ubyte"

    def meanwhile(url: str, filename: str) -> None:
        monkeypatch.setattr(utils, "_urlretrieve", retrieve)
        load("mnist", folder)
        inner.append(path.stat().st_ino)
        retrieve(url, filename)

    monkeypatch.setattr(utils, "_urlretrieve", meanwhile)
    assert load("mnist", folder).name == "mnist"
    assert inner == [path.stat().st_ino]
    assert [entry.name for entry in folder.iterdir()] == ["MNIST"]


@pytest.mark.slow
def test_two_processes_may_download_at_once(mirror: Mirror, folder: Path) -> None:
    both = threading.Barrier(2)
    waited = set()

    def wait_for_the_other(path: str) -> None:
        count = mirror.requests.count(path)
        if "t10k-labels" in path and count <= 2:
            both.wait(PATIENCE)
            waited.add(path)

    mirror.before = wait_for_the_other
    program = (
        "import sys, pathlib, pytest\n"
        "from bnutils.data import load\n"
        "from tests.data.data_mirror import use_small_data\n"
        "with pytest.MonkeyPatch.context() as patch:\n"
        "    use_small_data(patch, sys.argv[1])\n"
        "    print('ready', flush=True)\n"
        "    print(len(load('mnist', pathlib.Path(sys.argv[2])).train))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, mirror.address, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
        assert len(load("mnist", folder).train) == 180
        assert other.communicate(timeout=PATIENCE) == ("180\n", "")
    assert waited
    assert [path.name for path in folder.iterdir()] == ["MNIST"]


def no_network(*arguments: object, **options: object) -> None:
    raise URLError("no network here")


def test_auto_takes_mnist_that_can_be_had_quickly(
    mirror: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve("auto", folder) == "mnist"
    assert load("auto", folder).name == "mnist"
    assert capsys.readouterr() == ("", "")


def test_auto_without_a_network_is_digits_and_says_so_once(
    mirror: Mirror,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(probe, "urlopen", no_network)
    assert load().name == "digits"
    assert resolve() == "digits"
    assert load().name == "digits"
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("Using scikit-learn's digits in place of MNIST") == 1
    assert str(tmp_path / "cache" / "bnutils") in output.err
    assert "no network here" in output.err
    assert "make data BNUTILS_DATASET=mnist" in output.err
    assert mirror.requests == []
    assert not (tmp_path / "cache").exists()


def test_auto_is_digits_where_the_download_breaks_off(
    mirror: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror.cut.add(ARCHIVE["mnist"])
    assert load("auto", folder).name == "digits"
    assert "The download of t10k-images-idx3-ubyte.gz" in capsys.readouterr().err
    assert_nothing_left(folder)


def test_auto_is_digits_where_the_server_is_slow(
    mirror: Mirror,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(loading, "download_seconds", lambda url, size: 60.0)
    assert load("auto", folder).name == "digits"
    message = capsys.readouterr().err
    assert "a download within 8 s" in message
    assert "an estimate of 60 s" in message
    assert mirror.requests == []


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_name_asked_for_never_falls_back(
    mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    mirror.served.clear()
    monkeypatch.setenv("BNUTILS_DATASET", "mnist" if by == "environment" else "digits")
    with pytest.raises(DataError, match="MNIST cannot be downloaded"):
        load("auto" if by == "environment" else "mnist", folder)


def test_damage_in_the_default_folder_is_repaired(
    mirror: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load("mnist")
    path = tmp_path / "cache" / "bnutils" / "MNIST/raw/t10k-labels-idx1-ubyte"
    path.write_bytes(b"damaged")
    assert load("auto").name == "mnist"
    assert path.read_bytes() == idx_files(1)[path.name]
    assert f"The data file {path} is damaged" in capsys.readouterr().err


def test_damage_in_a_named_folder_is_left_to_the_user(mirror: Mirror, folder: Path) -> None:
    load("mnist", folder)
    path = folder / "MNIST/raw/t10k-labels-idx1-ubyte"
    path.write_bytes(b"damaged")
    asked = len(mirror.requests)
    for name in ("auto", "mnist"):
        with pytest.raises(DataError, match="is damaged"):
            load(name, folder)
    assert path.read_bytes() == b"damaged"
    assert len(mirror.requests) == asked


def test_estimate_is_in_proportion_to_the_size(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.served["/file"] = bytes(1_000_000)
    ticks = SimpleNamespace(perf_counter=count().__next__)  # the part that is timed takes 1 s
    monkeypatch.setattr(probe, "time", ticks)
    for size in (probe.PROBE_BYTES, 100 * probe.PROBE_BYTES):
        found = probe.download_seconds(f"{mirror.address}/file", size)
        assert found == size / probe.PROBE_BYTES


@pytest.mark.parametrize("silent", ["server", "name look-up"])
def test_estimate_without_an_answer_in_time(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    released = threading.Event()
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.2)
    if silent == "server":
        mirror.before = lambda path: (released.wait(PATIENCE), None)[1]
    else:

        def look_up(*arguments: object, **options: object) -> None:
            released.wait(PATIENCE)
            raise URLError("no such host")

        monkeypatch.setattr(probe, "urlopen", look_up)
    try:
        assert probe.download_seconds(f"{mirror.address}/mnist/none", 1) == float("inf")
    except OSError as error:
        assert "timed out" in str(error)
    finally:
        released.set()
        for thread in threading.enumerate():
            if "measure" in thread.name:
                thread.join()


def test_estimate_without_the_file_is_an_error(mirror: Mirror) -> None:
    with pytest.raises(OSError, match="404"):
        probe.download_seconds(f"{mirror.address}/none", 1)


def test_estimate_from_what_is_no_web_server_is_an_error(mirror: Mirror) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"what?\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(OSError, match="no proper answer"):
            probe.download_seconds(f"http://127.0.0.1:{server.getsockname()[1]}/", 1)
        thread.join()
