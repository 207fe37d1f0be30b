"""JupyterLab on a folder, for tests that open what it holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from tests.waiting import PATIENCE, wait_until

SCRIPTS = Path(sys.executable).parent
TOKEN = "test"


@contextmanager
def jupyterlab(folder: Path, home: Path, *, plain: bool = False) -> Iterator[str]:
    """The address of a server whose files are those of `folder`; `home` is its user's.

    A plain one has none of the extensions that this project installs.
    """
    disabled = {"jupyterlab-myst": plain, "jupyterlab-jupytext": plain}
    settings = home / ".jupyter" / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disabledExtensions": disabled}))
    runtime = home / "runtime"
    environment = {**os.environ, "HOME": str(home), "JUPYTER_RUNTIME_DIR": str(runtime)}
    environment |= {"BNUTILS_DATASET": "digits", "BNUTILS_JOBS": "1", "OMP_NUM_THREADS": "1"}
    set_viewer = [SCRIPTS / "jupytext-config", "set-default-viewer", "markdown"]
    subprocess.run(set_viewer, env=environment, check=True)
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    options += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [SCRIPTS / "jupyter-lab", *options], env=environment, stdout=log, stderr=log
        )
    try:
        yield address(server, runtime, home / "log")
    finally:
        # Kernels end with their server; asked kindly, it may wait for extensions for a minute.
        server.kill()
        server.wait()


def address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    def answering() -> list[str]:
        ports = [json.loads(file.read_text() or "{}") for file in runtime.glob("jpserver-*.json")]
        addresses = [f"http://127.0.0.1:{port['port']}" for port in ports if port]
        return [found for found in addresses if answers(found)]

    wait_until(lambda: answering() or server.poll() is not None, "JupyterLab to start")
    assert server.poll() is None, f"JupyterLab did not start:\n{log.read_text()}"
    return answering()[0]


def answers(address: str) -> bool:
    """Whether a server is there already: it says where it will be before it is."""
    try:
        with urllib.request.urlopen(f"{address}/api", timeout=PATIENCE):
            return True
    except URLError:
        return False
