"""Small stand-ins for the published data sets, and a server on this machine that has them."""

import contextlib
import functools
import gzip
import hashlib
import io
import pickle
import re
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, MNIST, FashionMNIST

from bnutils.data import loading
from bnutils.data.cifar import CIFAR10_SOURCE
from bnutils.data.idx import FASHION_MNIST_SOURCE, MNIST_SOURCE

TRAIN, VALIDATION, TEST = 200, 20, 40


def md5_sum(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@functools.cache
def idx_files(seed: int) -> dict[str, bytes]:
    """The four IDX files, by name, of random images of 28 x 28 pixels."""
    random = np.random.default_rng(seed)
    files = {}
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8).tobytes()
        labels = random.integers(0, 10, count, dtype=np.uint8).tobytes()
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">4I", 2051, count, 28, 28) + images
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">2I", 2049, count) + labels
    return files


@functools.cache
def cifar_files() -> dict[str, bytes]:
    """CIFAR-10's files, by name, with integers for NumPy's flags as in the published ones."""
    random = np.random.default_rng(3)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    files = {}
    for name in names:
        batch = {
            "data": random.integers(0, 256, (TEST, 3072), dtype=np.uint8),
            "labels": random.integers(0, 10, TEST).tolist(),
        }
        content, changes = re.subn(
            rb"(u1q.)\x89\x88",
            lambda match: match[1] + b"K\x00K\x01",
            pickle.dumps(batch, protocol=2),
            flags=re.DOTALL,
        )
        assert changes == 1
        files[name] = content
    files["batches.meta"] = pickle.dumps({"label_names": [f"class {i}" for i in range(10)]})
    return files


@functools.cache
def idx_archives(seed: int) -> dict[str, bytes]:
    """The four archives, by name, of idx_files(seed)."""
    files = idx_files(seed)
    return {name + ".gz": gzip.compress(content, 1, mtime=0) for name, content in files.items()}


@functools.cache
def cifar_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, content in cifar_files().items():
            member = tarfile.TarInfo(f"{CIFAR10.base_folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def use_small_data(monkeypatch: pytest.MonkeyPatch, address: str) -> dict[str, bytes]:
    """Makes the libraries expect the small data sets, at `address`; gives what to serve, by path.

    The real MD5 sums are replaced by those of the small files, and the sizes likewise.
    """
    served: dict[str, bytes] = {}
    for seed, name, library, source in (
        (1, "mnist", MNIST, MNIST_SOURCE),
        (2, "fashion-mnist", FashionMNIST, FASHION_MNIST_SOURCE),
    ):
        files = idx_files(seed)
        archives = idx_archives(seed)
        served |= {f"/{name}/{file}": content for file, content in archives.items()}
        sums = [(file, md5_sum(content)) for file, content in archives.items()]
        monkeypatch.setattr(library, "resources", sums)
        monkeypatch.setattr(library, "mirrors", [f"{address}/{name}/"])
        extracted = {file: md5_sum(content) for file, content in files.items()}
        small = replace(
            source,
            validation=VALIDATION,
            counts=(TRAIN, TEST),
            checksums=extracted if source.checksums else {},
        )
        monkeypatch.setitem(loading.DATA_SOURCES, name, small)
    files = cifar_files()
    archive = cifar_archive()
    served["/cifar-10-python.tar.gz"] = archive
    sums_of = {name: md5_sum(content) for name, content in files.items()}
    monkeypatch.setattr(CIFAR10, "url", f"{address}/cifar-10-python.tar.gz")
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5_sum(archive))
    monkeypatch.setattr(
        CIFAR10, "train_list", [[name, sums_of[name]] for name in sums_of if "data" in name]
    )
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums_of["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": sums_of["batches.meta"]})
    monkeypatch.setitem(
        loading.DATA_SOURCES, "cifar10", replace(CIFAR10_SOURCE, validation=VALIDATION)
    )
    return served


def write_idx_files(folder: Path, seed: int, *, archives: bool = False) -> dict[str, Path]:
    """Writes the files of idx_files(seed), gives their paths by name."""
    folder.mkdir(parents=True)
    content = idx_files(seed) | (idx_archives(seed) if archives else {})
    for name in content:
        (folder / name).write_bytes(content[name])
    return {path.name: path for path in folder.iterdir()}


@dataclass
class Mirror:
    """What a server gives, which files it breaks off halfway, and what was asked for."""

    address: str = ""
    served: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda path: None


@contextlib.contextmanager
def running_mirror() -> Iterator[Mirror]:
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.requests.append(self.path)
            mirror.before(self.path)
            content = mirror.served.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            end = len(content) // 2 if self.path in mirror.cut else len(content)
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content[:end])

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    mirror.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield mirror
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
