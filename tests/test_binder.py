"""Binder: what the image is built from, and what a session in it finds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browsing import new_page
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".binder"
SCRIPTS = Path(sys.executable).parent
CHAPTERS = [
    f"{entry}.md" for entry in re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
]
TOKEN = "test"


@pytest.fixture
def recipe() -> str:
    command = [SCRIPTS / "repo2docker", "--no-build", "--no-run", "--debug", ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_repo2docker_accepts_the_folder(recipe: str) -> None:
    assert "python=3.11" in recipe
    assert "RUN ./.binder/postBuild" in recipe
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/.binder/start"' in recipe


def test_what_is_locked_for_development_is_not_installed(recipe: str) -> None:
    assert not re.search(r"pip install .*-r", recipe)


def stand_ins(folder: Path, *names: str) -> Path:
    """Programs that note their name, arguments and settings, one call a line."""
    programs = folder / "bin"
    programs.mkdir()
    for name in names:
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*|$UV_TORCH_BACKEND|$BNUTILS_DATA" >>"$CALLS"\n'
        )
        program.chmod(0o755)
    return programs


def test_the_image_is_built_from_the_lock_with_torch_for_cpu_and_mnist(tmp_path: Path) -> None:
    programs = stand_ins(tmp_path, "python", "uv", "jupytext-config")
    log = tmp_path / "calls"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "CALLS": str(log)}
    subprocess.run([FOLDER / "postBuild"], cwd=ROOT, env=environment, check=True)
    pip, uv, viewer, data = log.read_text().splitlines()

    (pin,) = re.findall(r"^uv==\S+", (ROOT / "requirements.txt").read_text(), re.M)
    assert pip == f"python -m pip install --no-cache-dir --quiet {pin}||"

    constraints = tmp_path / ".constraints.txt"
    assert uv == (
        f"uv pip install --python {programs / 'python'} --no-cache "
        f"--constraints {constraints} --editable .[lab]|cpu|"
    )
    locked = (ROOT / "requirements.txt").read_text().splitlines()
    assert constraints.read_text().splitlines() == [line for line in locked if line != "-e ."]

    assert viewer == "jupytext-config set-default-viewer markdown||"
    folder = started(tmp_path)["BNUTILS_DATA"]
    assert data == f"python -m bnutils.data mnist||{folder}"
    assert Path(folder).is_dir()


def started(home: Path) -> dict[str, str]:
    """The environment of a session."""
    done = subprocess.run(
        [
            FOLDER / "start",
            sys.executable,
            "-c",
            "import json, os; print(json.dumps({**os.environ}))",
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_a_session_starts_with_one_thread_and_the_data_of_the_image(tmp_path: Path) -> None:
    environment = started(tmp_path)
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["BNUTILS_DATA"] == str(tmp_path / "data")


def test_start_hands_on_the_exit_status(tmp_path: Path) -> None:
    command = [FOLDER / "start", "sh", "-c", "exit 7"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    assert subprocess.run(command, env=environment, check=False).returncode == 7


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab set up as in the image, with the chapters in its folder."""
    home = tmp_path_factory.mktemp("home")
    # Opening a file leaves a checkpoint beside it.
    shutil.copytree(ROOT / "book", home / "book")
    environment = {**os.environ, "HOME": str(home), "BNUTILS_DATASET": "digits"}
    viewer = re.findall(r"^jupytext-config (.+)$", (FOLDER / "postBuild").read_text(), re.M)
    subprocess.run([SCRIPTS / "jupytext-config", *viewer[0].split()], env=environment, check=True)
    runtime = home / "runtime"
    environment["JUPYTER_RUNTIME_DIR"] = str(runtime)
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [
                SCRIPTS / "jupyter-lab",
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                "--port=0",
                f"--IdentityProvider.token={TOKEN}",
                f"--ServerApp.root_dir={home}",
            ],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield address(server, runtime, home / "log")
    finally:
        # Kernels end with their server; asked kindly, it may wait for extensions for a minute.
        server.kill()
        server.wait()


def address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    def found() -> list[str]:
        return [file.read_text() for file in runtime.glob("jpserver-*.json")]

    wait_until(lambda: any(found()) or server.poll() is not None, "JupyterLab to start")
    assert server.poll() is None, f"JupyterLab did not start:\n{log.read_text()}"
    return f"http://127.0.0.1:{json.loads(found()[0])['port']}"


def contents(lab: str, chapter: str) -> dict[str, Any]:
    with urllib.request.urlopen(
        f"{lab}/api/contents/{chapter}?type=notebook&token={TOKEN}", timeout=PATIENCE
    ) as reply:
        found: dict[str, Any] = json.load(reply)["content"]
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_jupyter_reads_the_chapter_as_a_notebook(lab: str, chapter: str) -> None:
    source = (ROOT / chapter).read_text()
    if not re.search(r"^ *format_name: myst$", source, re.M):
        assert not re.search(r"^:::", source, re.M), (
            "Jupytext takes a page with ::: and without its front matter for Pandoc's Markdown, "
            "and does not open it: fence with ``` or add the front matter"
        )
    notebook = contents(lab, chapter)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) == len(re.findall(r"^```\{code-cell\}", source, re.M))
    if code:
        assert notebook["metadata"]["kernelspec"]["name"] == "python3"


@pytest.mark.slow
def test_a_chapter_opens_as_a_notebook_in_jupyterlab(lab: str, browser: Browser) -> None:
    with new_page(browser) as page:
        page.goto(f"{lab}/lab/tree/{CHAPTERS[-1]}?token={TOKEN}")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        assert page.locator(".jp-FileEditor").count() == 0
