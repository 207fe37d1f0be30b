"""The package as it is installed: what it asks for, and what it holds."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import ROOT

PLACES = sorted((ROOT / "tests" / "project" / "places").glob("*.txt"))


def dependencies() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in project["dependencies"]]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.stem)
def test_its_install_changes_nothing_that_is_there(place: Path) -> None:
    """Where all it asks for is there in a version that fits, pip installs the package alone."""
    lines = [Requirement(n) for n in place.read_text().splitlines() if not n.startswith("#")]
    there = {each.name: str(each.specifier).removeprefix("==") for each in lines}
    for needed in dependencies():
        assert needed.name in there, f"{place.stem} has no {needed.name}: make it an extra"
        version = there[needed.name]
        assert not version or needed.specifier.contains(version), (
            f"{needed} would replace {version} on {place.stem}: ask for less, or make it an extra"
        )


def test_the_versions_of_colab_resolve_with_what_it_asks_for(tmp_path: Path) -> None:
    there = (ROOT / "tests" / "project" / "places" / "colab.txt").read_text()
    asked = "\n".join([there, *map(str, dependencies())])
    assert all(f"{name}==" in there for name in ("ipywidgets", "ipykernel", "ipython"))
    command = [Path(sys.executable).with_name("uv"), "pip", "compile", "-", "--quiet"]
    command += ["--python-version", "3.12", "--output-file", tmp_path / "resolved.txt"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    if re.search(r"error sending request|dns error|Connection refused|offline", done.stderr, re.I):
        pytest.skip("resolving needs the network, and there is none")
    assert done.returncode == 0, done.stderr


def test_what_a_student_runs_imports_what_it_asks_for_alone() -> None:
    paths = [
        path
        for path in (ROOT / "bnutils" / "practice").rglob("*.py")
        if "grad" not in path.parts[-2]
    ]
    trees = [ast.parse(path.read_text()) for path in paths if path.stem != "grade"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    found = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    found |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in found} - sys.stdlib_module_names
    assert "torch" in roots and roots <= {each.name for each in dependencies()} | {"bnutils"}


def test_there_are_the_places_that_the_pages_name() -> None:
    assert [place.stem for place in PLACES] == ["colab", "kaggle"]


def test_the_wheel_holds_every_file_and_the_mark_of_types(tmp_path: Path) -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "bnutils"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {name for name in listed.splitlines() if (ROOT / name).is_file()}
    for name in {*names, "pyproject.toml", "README.md", "LICENSE"}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    code = "import setuptools.build_meta as build; build.build_wheel('dist')"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == names and "bnutils/py.typed" in names

    code = "import bnutils; from bnutils.studies.stored import stored_run; print(bnutils.__file__)"
    code += "; print(stored_run('figure-one-long.json')['command'])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "dist", env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    place, made_by = found.stdout.splitlines()
    assert made_by == "python -m tools.longrun" and str(wheel) in place


def test_no_module_is_longer_than_150_lines() -> None:
    modules = [
        path for top in ("bnutils", "tools", "book/_ext") for path in (ROOT / top).rglob("*.py")
    ]
    assert len(modules) > 200
    assert [p.name for p in modules if len(p.read_text("utf-8").splitlines()) > 150] == []
