"""The branch that Binder, Colab and Kaggle open."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

SCRIPT = ROOT / "tools" / "notebooks_branch.sh"
NOTEBOOK = "book/theory/concept.ipynb"


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b.c", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with this project's files, and one beside it to push to."""
    clone = tmp_path / "clone"
    names = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in (name for name in names if (ROOT / name).is_file()):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    git(tmp_path, "init", "--quiet", "--bare", "remote")
    git(clone, "init", "--quiet")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "Begin")
    return clone


def push(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [SCRIPT, clone.parent / "remote"]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


def test_it_holds_the_notebooks_and_what_runs_them_and_nothing_else(clone: Path) -> None:
    (clone / NOTEBOOK).write_text("{}")
    before = git(clone, "status", "--porcelain", "--ignored")
    for _ in range(2):  # each publication makes the branch anew
        done = push(clone)
        assert done.returncode == 0, done.stderr
    remote = clone.parent / "remote"
    held = set(git(remote, "ls-tree", "-r", "--name-only", "notebooks").splitlines())
    library = {name for name in git(clone, "ls-files").splitlines() if name.startswith("bnutils/")}
    assert held - library == {
        ".binder/postBuild", ".binder/runtime.txt", ".binder/start", "LICENSE", "LICENSE-TEXT.md",
        "README.md", "pyproject.toml", "requirements.txt", NOTEBOOK,
    }  # fmt: skip
    assert library <= held
    source = git(clone, "rev-parse", "HEAD").strip()
    assert source in git(remote, "show", "notebooks:README.md")
    assert git(remote, "rev-list", "--count", "notebooks").strip() == "1"
    assert git(clone, "status", "--porcelain", "--ignored") == before
    modes = git(remote, "ls-tree", "notebooks", ".binder/").splitlines()
    assert [mode.split()[0] for mode in modes] == ["100755", "100644", "100755"]


def test_a_clone_of_it_can_be_installed(clone: Path) -> None:
    (clone / NOTEBOOK).write_text("{}")
    push(clone)
    copy = clone.parent / "copy"
    git(clone.parent, "clone", "--quiet", "--branch", "notebooks", "remote", "copy")
    code = "import setuptools.build_meta as build; build.prepare_metadata_for_build_editable('.')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_without_notebooks_nothing_is_pushed(clone: Path) -> None:
    done = push(clone)
    assert (done.returncode, done.stderr) == (1, "There is no notebook below book/.\n")
    assert git(clone.parent / "remote", "branch") == ""
