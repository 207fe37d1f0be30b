"""Binder: what the image is built from, and what a session in it finds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.waiting import PATIENCE

FOLDER = ROOT / ".binder"
SCRIPTS = Path(sys.executable).parent


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
    programs = stand_ins(tmp_path, "python", "uv")
    log = tmp_path / "calls"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "CALLS": str(log)}
    subprocess.run([FOLDER / "postBuild"], cwd=ROOT, env=environment, check=True)
    pip, uv, data = log.read_text().splitlines()

    (pin,) = re.findall(r"^uv==\S+", (ROOT / "requirements.txt").read_text(), re.M)
    assert pip == f"python -m pip install --no-cache-dir --quiet {pin}||"

    constraints = tmp_path / ".constraints.txt"
    assert uv == (
        f"uv pip install --python {programs / 'python'} --no-cache "
        f"--constraints {constraints} --editable .|cpu|"
    )
    locked = (ROOT / "requirements.txt").read_text().splitlines()
    assert constraints.read_text().splitlines() == [line for line in locked if line != "-e ."]

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
