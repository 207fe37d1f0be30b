"""The store of finished runs: what is kept, what is damaged, who holds it, what is deleted."""

import json
import os
import pwd
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from bnutils.sweeps._store.folder import FolderStore, default_store
from bnutils.sweeps._store.record import Record
from bnutils.sweeps._store.store import MemoryStore, StoreError
from tests import ROOT

KEY, OTHER = "ab" * 16, "cd" * 16
ARRAYS = {
    "curve": np.array([1.0, np.nan, np.inf, 0.1]),
    "seed": np.asarray(3),
    "network/0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
}
RECORD = Record("diverged", "a loss", {"lr": 0.1, "arm": "σ × β"}, ARRAYS)


def path(store, key=KEY):
    return store.folder / key[:2] / f"{key}.npz"


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_gives_back_what_was_put(tmp_path, kind):
    store = MemoryStore() if kind == "memory" else FolderStore(tmp_path / "runs")
    assert store.get(KEY) is None
    store.put(KEY, RECORD)
    found = store.get(KEY, networks=True)
    assert (found.status, found.reason, found.about) == ("diverged", "a loss", RECORD.about)
    assert found.arrays.keys() == ARRAYS.keys() and found.has_network
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype
    assert store.get(OTHER) is None
    store.put(KEY, Record("failed", "ValueError"))
    assert not store.get(KEY).measured


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_a_run_without_weights_is_not_one_with_weights(tmp_path, kind):
    store = MemoryStore() if kind == "memory" else FolderStore(tmp_path)
    store.put(KEY, Record("finished", arrays={"curve": ARRAYS["curve"]}))
    assert store.get(KEY) and store.get(KEY, networks=True) is None
    store.put(KEY, RECORD)
    assert store.get(KEY) and store.get(KEY, networks=True)


def test_a_person_and_numpy_can_read_the_file(tmp_path):
    store = FolderStore(tmp_path)
    store.put(KEY, RECORD)
    about = json.loads(zipfile.ZipFile(path(store)).read("about.json"))
    assert (about["status"], about["lr"], about["arm"]) == ("diverged", 0.1, "σ × β")
    with np.load(path(store), allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["curve"], ARRAYS["curve"])


def test_damaged_files_count_as_absent(tmp_path):
    store = FolderStore(tmp_path)
    store.put(KEY, RECORD)
    whole = path(store).read_bytes()
    for end in range(0, len(whole), 40):
        path(store).write_bytes(whole[:end])
        assert store.get(KEY, networks=True) is None
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= 0x41
        path(store).write_bytes(damaged)
        found = store.get(KEY, networks=True)  # some bytes, such as dates, do not matter
        if found:
            assert (found.status, found.about) == (RECORD.status, RECORD.about)
            for name, array in found.arrays.items():
                np.testing.assert_array_equal(array, ARRAYS[name])
    store.put(KEY, RECORD)
    assert store.get(KEY).status == "diverged"


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    store = FolderStore(tmp_path)
    store.put(KEY, RECORD)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"(?s)No space left.*BNUTILS_RUNS"):
        store.put(KEY, Record("failed"))
    assert store.get(KEY).status == "diverged"
    assert list(path(store).parent.iterdir()) == [path(store)]


def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    store = FolderStore(tmp_path / "file" / "runs")
    for action in (lambda: store.put(KEY, RECORD), lambda: store.try_lock([KEY])):
        with pytest.raises(StoreError, match=r"(?s)Not a directory.*What to do"):
            action()


def test_locks_are_for_one_at_a_time_and_all_or_none(tmp_path):
    one, two = FolderStore(tmp_path), FolderStore(tmp_path)
    with one.try_lock([OTHER]):
        assert two.try_lock([KEY, OTHER]) is None
        with two.try_lock([KEY]):  # not held by the attempt that failed
            assert one.try_lock([KEY]) is None
    with two.try_lock([KEY, OTHER]):
        pass
    assert not list(tmp_path.rglob("*.lock"))


def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        "from bnutils.sweeps._store.folder import FolderStore\n"
        f"held = FolderStore(Path(sys.argv[1])).try_lock([{KEY!r}])\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        assert FolderStore(tmp_path).try_lock([KEY]) is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    with FolderStore(tmp_path).try_lock([KEY]):
        pass


def test_clearing_deletes_runs_and_nothing_else(tmp_path):
    store = FolderStore(tmp_path / "runs")
    store.put(KEY, RECORD)
    store.put(OTHER, RECORD)
    held = store.try_lock([KEY])
    (path(store).parent / f"{KEY}.abc_1.part").touch()
    foreign = [
        *(store.folder / "notes.txt", store.folder / f"{KEY}.npz", store.folder / "xy" / "a.npz"),
        *(path(store).parent / "mine.npz", path(store).parent / f"{OTHER}.npz"),
    ]
    for file in foreign:
        file.parent.mkdir(exist_ok=True)
        file.touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / f"ef{KEY[2:]}.npz").touch()
    (store.folder / "ef").symlink_to(outside)
    assert store.clear() == 2
    held.close()
    left = {file for file in store.folder.rglob("*") if file.is_file()}
    assert left - {store.folder / "ef" / f"ef{KEY[2:]}.npz"} == set(foreign)
    assert list(outside.iterdir())
    assert FolderStore(tmp_path / "absent").clear() == 0


def test_make_clean_runs_empties_the_stores(tmp_path):
    stores = [FolderStore(tmp_path / name) for name in ("named", "_build/runs")]
    for store in stores:
        store.put(KEY, RECORD)
    command = next(
        line.strip()
        for line in (ROOT / "Makefile").read_text().splitlines()
        if "bnutils.sweeps._store.folder" in line
    )
    done = subprocess.run(
        [sys.executable, *command.split()[1:]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "BNUTILS_RUNS": str(stores[0].folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("Deleted 1 runs") == 2
    assert not any(store.folder.exists() for store in stores)


def test_the_setting_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BNUTILS_RUNS", str(tmp_path))
    assert default_store() == FolderStore(tmp_path)
    monkeypatch.setenv("BNUTILS_RUNS", "")
    assert isinstance(default_store(), MemoryStore)
    monkeypatch.delenv("BNUTILS_RUNS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert default_store() == FolderStore(tmp_path / "cache" / "bnutils" / "runs")


@pytest.mark.parametrize(
    ("variables", "refused"),
    [
        ({}, None),
        ({"BNUTILS_RUNS": "~/runs"}, "BNUTILS_RUNS is ~/runs"),
        ({"XDG_CACHE_HOME": "~/cache"}, "XDG_CACHE_HOME is ~/cache"),
        ({"BNUTILS_RUNS": "~nobody-of-that-name/runs", "HOME": "/tmp"}, "BNUTILS_RUNS is ~nobody"),
    ],
)
def test_without_a_home_runs_stay_in_memory_unless_a_folder_is_named(
    monkeypatch, variables, refused
):
    def no_entry(*_):
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "BNUTILS_RUNS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("getpwuid", "getpwnam"):
        monkeypatch.setattr(pwd, name, no_entry)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if refused is None:
        assert isinstance(default_store(), MemoryStore)
    else:
        with pytest.raises(ValueError, match=refused):
            default_store()
