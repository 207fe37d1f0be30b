"""What is locked, what make offers, and how it sets itself up."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import torch
from check_jsonschema import main
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.version import Version
from setuptools import find_packages

from tests import ROOT
from tests.project.bare_environment import bare_environment
from tools import web_files

LOCKS = {name: (ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = sorted(set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M)) - {"chromium"})
NO_PROXY = "http://127.0.0.1:9"  # which lets nothing through
PYTHONS = ("3.11", "3.12", "3.13")

each_lock = pytest.mark.parametrize("lock", LOCKS)


def pins(lock: str) -> list[Requirement]:
    lines = [line.strip() for line in LOCKS[lock].splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-e"))]


def locked(python: str, lock: str = "requirements-dev.txt") -> dict[str, Version]:
    """The pins that hold for a Linux machine with the given Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return {
        pin.name: Version(next(iter(pin.specifier)).version)
        for pin in pins(lock)
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def declared(lock: str) -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    # Ray is large, and for readers who have a cluster of it.
    names = {"book", "lab"} if lock == "requirements.txt" else extras.keys() - {"ray"}
    groups = [project["dependencies"], *(extras[name] for name in names)]
    found = [Requirement(text) for group in groups for text in group]
    return [requirement for requirement in found if requirement.name != project["name"]]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def make(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=cwd,
        env={**os.environ, "MAKEFLAGS": "", "MAKELEVEL": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@each_lock
def test_the_lock_holds_exact_pins_and_the_project_alone(lock: str) -> None:
    for pin in pins(lock):
        assert re.fullmatch(r"==[0-9][^*+]*", str(pin.specifier)), f"{pin} is no exact public pin"
        assert pin.url is None
    options = [line for line in LOCKS[lock].splitlines() if line.startswith("-")]
    assert options == ["-e ."]
    assert "://" not in LOCKS[lock]


def test_who_builds_the_book_gets_the_same_pins_but_not_what_only_tests_need() -> None:
    book, all_pins = ({f"{pin.name}{pin.specifier}" for pin in pins(lock)} for lock in LOCKS)
    assert book < all_pins
    names = {Requirement(pin).name for pin in book}
    assert not names & {"pytest", "mypy", "ruff", "playwright", "zizmor", "check-jsonschema"}


def test_the_lock_leaves_the_kind_of_torch_open() -> None:
    names = {pin.name for pin in pins("requirements-dev.txt")}
    assert not [name for name in names if re.match(r"nvidia|cuda|triton|pytorch-triton", name)]
    assert "torch" in names


@each_lock
@pytest.mark.parametrize("python", PYTHONS)
def test_every_declared_dependency_is_met_by_the_lock(python: str, lock: str) -> None:
    found = locked(python, lock)
    for requirement in declared(lock):
        assert found[canonical(requirement.name)] in requirement.specifier, str(requirement)


def test_the_environment_holds_what_is_locked() -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    differs = {
        name: found
        for name, pin in locked(python).items()
        if Version(found := metadata.version(name)).public != pin.public
    }
    assert not differs


def test_torchvision_fits_the_locked_torch() -> None:
    wanted = [Requirement(text) for text in metadata.requires("torchvision") or []]
    (torch_wanted,) = [requirement for requirement in wanted if requirement.name == "torch"]
    assert locked(PYTHONS[0])["torch"] in torch_wanted.specifier
    # A torchvision compiled for another torch imports, and lacks its compiled operators.
    from torchvision.ops import nms  # takes seconds

    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]])
    assert nms(boxes, torch.tensor([0.5, 0.6]), 0.5).tolist() == [1]


def test_jupyter_book_is_the_last_of_the_first_series() -> None:
    assert locked(PYTHONS[0])["jupyter-book"] == Version("1.0.4.post1")


def test_every_module_of_the_library_is_packaged() -> None:
    include = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    packaged = set(find_packages(ROOT, include=include))
    folders = {path.parent for path in (ROOT / "bnutils").rglob("*.py")}
    assert packaged == {".".join(folder.relative_to(ROOT).parts) for folder in folders}


def test_help_is_the_default_and_lists_every_target() -> None:
    shown = make()
    assert shown.returncode == 0
    assert shown.stdout == make("help").stdout
    listed = sorted(re.findall(r"^  ([a-z-]+) +\S", shown.stdout, re.M))
    assert listed == TARGETS
    wanted = {"book", "serve", "data", "submission", "lint", "test", "lock", "clean", "help"}
    assert wanted <= set(listed)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_planned(target: str) -> None:
    done = make("--dry-run", target)
    assert done.returncode == 0, done.stderr


def test_make_works_from_another_folder(tmp_path: Path) -> None:
    done = make("-C", str(ROOT), "--no-print-directory", "help", cwd=tmp_path)
    assert done.stdout == make("help").stdout


def test_compiled_modules_are_kept_whatever_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "shown.mk").write_text("shown:\n\t@env\n")
    files = ("-f", "Makefile", "-f", str(tmp_path / "shown.mk"))
    shown = make(*files, "shown", PYTHONDONTWRITEBYTECODE="1")
    assert "PATH=" in shown.stdout and "PYTHONDONTWRITEBYTECODE" not in shown.stdout


def test_the_second_set_up_does_nothing() -> None:
    if (
        Path(sys.prefix) != ROOT / ".venv"
        or not (ROOT / ".venv" / ".ready-requirements.txt").exists()
    ):
        pytest.skip("the tests run in another environment than make's")
    make("setup")
    done = make("--trace", "setup")
    assert done.returncode == 0
    assert "tools/setup.sh" not in done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a stand-in for uv that notes how it is called, and no need of a network."""
    folder = tmp_path / "a clone"
    (folder / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
    (folder / "pyproject.toml").touch()
    for lock in LOCKS:
        (folder / lock).write_text("-e .\nuv==9.8.7\n    # via bnutils\n")
    code = (
        "import os, sys\n"
        "def main():\n"
        "    with open('calls', 'a') as calls:\n"
        "        print(*sys.argv[1:], os.environ.get('UV_TORCH_BACKEND'), file=calls)\n"
    )
    info = "uv-9.8.7.dist-info"
    with zipfile.ZipFile(folder / "uv-9.8.7-py3-none-any.whl", "w") as wheel:
        wheel.writestr("uv_stand_in.py", code)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 9.8.7\n")
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nuv = uv_stand_in:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def set_up(
    folder: Path, *arguments: str, target: str = "setup", **environment: str
) -> subprocess.CompletedProcess[str]:
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.as_uri(), "https_proxy": NO_PROXY}
    return make(target, *arguments, cwd=folder, **{**offline, **environment})


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


@pytest.mark.slow
def test_set_up_from_nothing_then_only_when_needed(clone: Path) -> None:
    (clone / "calls").mkdir()  # makes the stand-in for uv fail
    done = set_up(clone)
    assert done.returncode != 0
    assert "Making .venv" in done.stdout
    assert "uv could not install requirements.txt" in done.stderr

    (clone / "calls").rmdir()
    done = set_up(clone, VIRTUAL_ENV="/elsewhere", UV_TORCH_BACKEND="cpu")
    assert done.returncode == 0, done.stderr
    (call,) = calls(clone)
    assert call == "pip install --python .venv/bin/python --requirements requirements.txt cpu"
    assert "PyTorch: the build cpu" in done.stdout
    assert "Making" not in done.stdout

    assert set_up(clone).returncode == 0
    assert len(calls(clone)) == 1

    later = time.time() + 10
    os.utime(clone / "requirements.txt", (later, later))
    assert set_up(clone).returncode == 0
    assert len(calls(clone)) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PyTorch has one build")
def test_pytorch_fits_the_machine_where_its_index_can_be_reached(clone: Path) -> None:
    bare_environment(clone / ".venv", "pip")
    done = set_up(clone, UV_TORCH_BACKEND="")
    assert done.returncode == 0, done.stderr
    assert re.search("^PyTorch: .*PyPI.* cannot be reached", done.stdout, re.M)
    assert calls(clone)[0].endswith("requirements.txt None")

    (clone / "site").mkdir()
    (clone / "site/sitecustomize.py").write_text(
        "import urllib.request\nurllib.request.urlopen = lambda *a, **k: None\n"
    )
    done = set_up(clone, target="chromium", UV_TORCH_BACKEND="", PYTHONPATH=str(clone / "site"))
    assert re.search("^PyTorch: .*without CUDA where", done.stdout, re.M), done.stderr
    assert calls(clone)[1].endswith("requirements-dev.txt auto")


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["broken", "moved"])
def test_an_environment_that_cannot_be_used_is_made_anew(clone: Path, harm: str) -> None:
    bare_environment(clone / ".venv", "pip")
    if harm == "broken":
        (clone / ".venv" / "bin" / "python").unlink()
        (clone / ".venv" / "bin" / "python").symlink_to("/no/such/python")
    else:
        assert set_up(clone).returncode == 0
        clone = clone.rename(clone.with_name("moved"))
        os.utime(clone / "requirements.txt", (1, 1))
    done = set_up(clone)
    assert done.returncode == 0, done.stderr
    assert "Making .venv" in done.stdout
    assert len(calls(clone)) == 1 + (harm == "moved")


def test_an_old_python_is_refused(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = set_up(clone, "PYTHON=./old-python")
    assert done.returncode != 0
    assert "'./old-python' is not Python 3.11 or newer" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_missing_python_is_said(clone: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "env", "make", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = set_up(clone, PATH=str(tools), PYTHON="")
    assert done.returncode != 0
    assert "found no Python 3.11 or newer" in done.stderr
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_is_said(clone: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare-python"
    bare.write_text('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\n')
    bare.chmod(0o755)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cat", "dirname", "env", "id", "make", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = set_up(clone, f"PYTHON={bare}", PATH=str(tools))
    assert done.returncode != 0
    assert "python3-venv" in done.stderr
    assert not (clone / ".venv").exists()


def test_the_reason_of_npm_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("npm_config_registry", NO_PROXY)
    monkeypatch.setenv("npm_config_cache", str(tmp_path))
    with pytest.raises(web_files.FetchError, match="ECONNREFUSED"):
        web_files.install(["katex@0.0.0"], tmp_path)


@pytest.mark.parametrize("shared", [True, False], ids=["shared data", "no shared data"])
def test_the_ci_command_runs_make_test(shared: bool, tmp_path: Path) -> None:
    script = tmp_path / "clone" / ".ci" / "run"
    script.parent.mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", script)
    data = tmp_path / "shared" / "data"
    if shared:
        data.mkdir(parents=True)
    stand_in = tmp_path / "bin" / "make"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "make $*|$PWD|$BNUTILS_DATA"\nexit 3\n')
    stand_in.chmod(0o755)
    environment = {"PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [script], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    expected = data if shared else ""
    assert done.stdout == f"make test|{script.parent.parent}|{expected}\n"
    assert done.returncode == 3
    assert "`make test`" in (ROOT / "README.md").read_text()


def test_the_citation_file_is_valid() -> None:
    schema = ("--builtin-schema", "vendor.citation-file-format")
    done = CliRunner().invoke(main, [*schema, str(ROOT / "CITATION.cff")])
    assert done.exit_code == 0, done.output
    assert f"version: {PROJECT['project']['version']}\n" in (ROOT / "CITATION.cff").read_text()
