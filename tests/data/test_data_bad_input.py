"""Bad settings and bad files: each error names what, expected, found, and what to do."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torchvision.datasets import CIFAR10

from bnutils.data import DataError, __main__, load, loading, resolve
from tests.data.data_mirror import cifar_files, idx_files, md5_sum, use_small_data, write_idx_files

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


@pytest.fixture(autouse=True)
def _offline_with_small_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("BNUTILS_DATASET", raising=False)
    monkeypatch.delenv("BNUTILS_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    use_small_data(monkeypatch, "http://127.0.0.1:9")  # nothing listens there
    loading._automatic_name.cache_clear()
    yield
    loading._automatic_name.cache_clear()


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def message_of(name: str, folder: Path | None = None) -> str:
    with pytest.raises(DataError) as caught:
        load(name, folder)
    message = str(caught.value)
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == [
        "Expected",
        "Found",
        "What to do",
    ]
    return message


def test_unknown_name() -> None:
    message = message_of("minst")
    assert "There is no data set 'minst'" in message
    assert "auto, digits, mnist, fashion-mnist, cifar10" in message
    assert "the name given to load()" in message
    assert "correct the name" in message


def test_unknown_name_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNUTILS_DATASET", "minst")
    message = message_of("auto")
    assert "'minst' in the environment variable BNUTILS_DATASET" in message
    assert "unset BNUTILS_DATASET" in message
    assert load("digits").name == "digits"  # an argument goes first


@pytest.mark.parametrize("setting", ["", "auto"])
def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("BNUTILS_DATASET", setting)
    monkeypatch.setenv("BNUTILS_DATA", "")
    assert resolve("fashion-mnist") == "fashion-mnist"
    assert resolve() == "digits"


def test_the_environment_names_the_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNUTILS_DATASET", "digits")
    assert resolve() == "digits"
    assert load().name == "digits"


@pytest.mark.parametrize("name", ["auto", "mnist", "fashion-mnist", "cifar10"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_missing_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, by: str
) -> None:
    folder = tmp_path / "no such folder"
    if by == "environment":
        monkeypatch.setenv("BNUTILS_DATA", str(folder))
    message = message_of(name, folder if by == "argument" else None)
    assert f"The data folder {folder} does not exist" in message
    assert f"nothing at {folder}" in message
    assert ("BNUTILS_DATA" if by == "environment" else "the folder given") in message
    assert f"mkdir -p {folder}" in message
    assert "BNUTILS_DATASET=digits" in message
    assert not folder.exists()


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container: no HOME, and a user without an entry."""

    def no_entry(*_: object) -> None:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("getpwuid", "getpwnam"):
        monkeypatch.setattr(pwd, name, no_entry)
    loading._digits_instead.cache_clear()


@pytest.mark.usefixtures("homeless")
def test_without_a_home_digits_are_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert load().name == load("digits").name == resolve() == "digits"
    said = capsys.readouterr().err
    assert said.count("digits in place of MNIST, for which there is no folder") == 1
    assert "set HOME or XDG_CACHE_HOME, name a folder in BNUTILS_DATA" in said


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize(
    ("name", "folder", "variables"),
    [
        ("mnist", None, {}),
        ("cifar10", None, {}),
        ("auto", None, {"BNUTILS_DATA": "~/data"}),
        ("auto", Path("~/data"), {}),
        ("mnist", None, {"XDG_CACHE_HOME": "~/cache"}),
        ("mnist", Path("~nobody-of-that-name/data"), {"HOME": "/tmp"}),
    ],
)
def test_without_a_home_what_was_asked_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, folder: Path | None, variables: dict[str, str]
) -> None:
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert "set HOME or XDG_CACHE_HOME" in message_of(name, folder)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_a_named_folder_is_used(tmp_path: Path) -> None:
    write_idx_files(tmp_path / "MNIST" / "raw", 1)
    assert load("auto", tmp_path).name == "mnist"


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert f"a file at {path}" in message_of("mnist", path)


def test_digits_need_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BNUTILS_DATA", str(tmp_path / "none"))
    assert len(load("digits").train) == 1197
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["auto", "mnist"])
@pytest.mark.parametrize("file", list(idx_files(1)))
@pytest.mark.parametrize("damage", [flip_bit, truncate])
def test_damaged_mnist(tmp_path: Path, name: str, file: str, damage: object) -> None:
    paths = write_idx_files(tmp_path / "MNIST" / "raw", 1)
    assert load(name, tmp_path).name == "mnist"
    assert callable(damage)
    damage(paths[file])
    message = message_of(name, tmp_path)
    content = paths[file].read_bytes()
    assert f"The data file {paths[file]} is damaged" in message
    assert f"Expected: MD5 sum {md5_sum(idx_files(1)[file])}" in message
    assert f"Found: MD5 sum {md5_sum(content)} ({len(content):,} bytes)" in message
    assert "delete the file and run `make data`" in message
    assert content == paths[file].read_bytes()


@pytest.mark.parametrize("file", list(idx_files(2)))
@pytest.mark.parametrize("damage", [flip_bit, truncate])
def test_damaged_fashion_mnist_with_its_archives(tmp_path: Path, file: str, damage: object) -> None:
    paths = write_idx_files(tmp_path / "FashionMNIST" / "raw", 2, archives=True)
    assert load("fashion-mnist", tmp_path).name == "fashion-mnist"
    assert callable(damage)
    damage(paths[file])
    message = message_of("fashion-mnist", tmp_path)
    assert f"The data file {paths[file]} is damaged" in message
    assert f"Expected: MD5 sum {md5_sum(idx_files(2)[file])}" in message
    assert f"Found: MD5 sum {md5_sum(paths[file].read_bytes())}" in message
    assert "What to do: delete the file" in message


@pytest.mark.parametrize("damage", [flip_bit, truncate])
def test_damaged_archive_of_fashion_mnist(tmp_path: Path, damage: object) -> None:
    paths = write_idx_files(tmp_path / "FashionMNIST" / "raw", 2, archives=True)
    archive = paths[IMAGES + ".gz"]
    expected = md5_sum(archive.read_bytes())
    assert callable(damage)
    damage(archive)
    message = message_of("fashion-mnist", tmp_path)
    assert f"The data file {archive} is damaged" in message
    assert f"Expected: MD5 sum {expected}" in message
    assert f"Found: MD5 sum {md5_sum(archive.read_bytes())}" in message


@pytest.mark.parametrize(
    ("file", "position", "value", "expected", "found"),
    [
        (IMAGES, None, None, "156,816 bytes", "156,815 bytes"),
        (LABELS, None, None, "208 bytes", "207 bytes"),
        (IMAGES, 3, 4, "the header 00000803", "the header 00000804"),
        (LABELS, 7, 0, "the header 00000801000000c8", "the header 0000080100000000"),
        (LABELS, 100, 10, "labels from 0 to 9", "the label 10"),
    ],
)
def test_damaged_fashion_mnist_without_its_archives(
    tmp_path: Path, file: str, position: int | None, value: int, expected: str, found: str
) -> None:
    path = write_idx_files(tmp_path / "FashionMNIST" / "raw", 2)[file]
    assert load("fashion-mnist", tmp_path).name == "fashion-mnist"
    content = bytearray(path.read_bytes())
    if position is None:
        del content[-1]
    else:
        content[position] = value
    path.write_bytes(content)
    message = message_of("fashion-mnist", tmp_path)
    assert f"The data file {path} is damaged" in message
    assert f"Expected: {expected}" in message
    assert f"Found: {found}" in message


@pytest.mark.parametrize("file", list(cifar_files()))
@pytest.mark.parametrize("damage", [flip_bit, truncate])
def test_damaged_cifar10(tmp_path: Path, file: str, damage: object) -> None:
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    for name, content in cifar_files().items():
        (folder / name).write_bytes(content)
    assert load("cifar10", tmp_path).name == "cifar10"
    assert callable(damage)
    damage(folder / file)
    message = message_of("cifar10", tmp_path)
    assert f"The data file {folder / file} is damaged" in message
    assert f"Expected: MD5 sum {md5_sum(cifar_files()[file])}" in message
    assert f"Found: MD5 sum {md5_sum((folder / file).read_bytes())}" in message


def test_cifar10_that_is_no_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    for name, content in cifar_files().items():
        (folder / name).write_bytes(content)
    (folder / "test_batch").write_bytes(b"")
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", md5_sum(b"")]])
    message = message_of("cifar10", tmp_path)
    assert f"{folder} is damaged" in message
    assert "pickled batches" in message


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)
        os.chmod(name, 0o755)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """The superuser may write everywhere: become nobody for the test."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_read_only_folder(open_folder: Path, unprivileged: None, name: str) -> None:
    if os.geteuid() == os.stat(open_folder).st_uid:
        open_folder.chmod(0o555)
    message = message_of(name, open_folder)
    assert f"not complete in the folder {open_folder}, and cannot be written there" in message
    assert ("test_batch" if name == "cifar10" else IMAGES) in message
    assert "Found: Permission denied" in message
    assert "unset BNUTILS_DATA" in message
    assert not list(open_folder.iterdir())


def test_a_read_only_folder_that_is_complete_is_fine(open_folder: Path) -> None:
    write_idx_files(open_folder / "MNIST" / "raw", 1)
    before = sorted(open_folder.rglob("*"))
    for folder in [open_folder, *(path for path in before if path.is_dir())]:
        folder.chmod(0o555)
    try:
        assert load("auto", open_folder).name == "mnist"
    finally:
        for folder in [open_folder, *(path for path in before if path.is_dir())]:
            folder.chmod(0o755)
    assert sorted(open_folder.rglob("*")) == before


def test_a_file_that_may_not_be_read(open_folder: Path, request: pytest.FixtureRequest) -> None:
    path = write_idx_files(open_folder / "MNIST" / "raw", 1)[LABELS]
    path.chmod(0)
    request.getfixturevalue("unprivileged")
    message = message_of("mnist", open_folder)
    assert f"The data file {path} cannot be read" in message
    assert "Found: Permission denied" in message
    assert "chmod u+r" in message


def test_command_describes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bnutils.data", "digits"])
    assert __main__.main() == 0
    output = capsys.readouterr()
    assert output.out == load("digits").describe() + "\n"
    assert output.err == ""


@pytest.mark.slow
def test_command_fails_without_a_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "bnutils.data"],
        env={**os.environ, "BNUTILS_DATASET": "minst"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("There is no data set 'minst'.\n  Expected: one of auto,")
    assert "Traceback" not in result.stderr


def test_small_data_have_the_shapes_of_the_large(tmp_path: Path) -> None:
    write_idx_files(tmp_path / "FashionMNIST" / "raw", 2)
    dataset = load("fashion-mnist", tmp_path)
    assert [len(part) for part in (dataset.train, dataset.validation, dataset.test)] == [
        180,
        20,
        40,
    ]
    assert dataset.classes[9] == "Ankle boot"
    raw = idx_files(2)["t10k-images-idx3-ubyte"][16:]
    assert bytes(dataset.test.images.flatten().to(torch.uint8).numpy()) == raw
